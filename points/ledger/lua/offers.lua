-- Offers: terms (price, start, end, shops, limits), stock, and how much each resident has had in a window.
local function set_stock(entry, key, offer, stock)
  stock = int(stock)
  put(key, stock)
  note(entry, 'S,' .. offer .. ',' .. stock)
end

local TERMS = '^(%d+)\t(%d+)\t(%d+)\t([^\t]*)\t([^\t]*)$'

-- What the windows would hold after `quantity` more; nil and the period when one would be too full.
local function count_windows(limits, windows, tally, quantity)
  local text, counted = tally, {}
  for period, most in gmatch(limits, '(%a+),(%d+);') do
    local window = match(windows, period .. ' ([^;]*);')
    local known, count = match(tally, period .. ' ([^ ]*) (%d+);')
    local total = (known == window and tonumber(count) or 0) + quantity
    if total > tonumber(most) then return nil, period end
    local line = period .. ' ' .. window .. ' ' .. int(total) .. ';'
    local from, to = find(text, period .. ' [^ ]* %d+;')
    text = from and sub(text, 1, from - 1) .. line .. sub(text, to + 1) or text .. line
    counted[#counted + 1] = {period, window, total}
  end
  return text, counted
end

-- Windows that were counted by a hold get `quantity` back, if they are still the current ones.
local function uncount_windows(entry, key, offer, resident, changes, quantity)
  local tally = strings[key] or ''
  for period, window in gmatch(changes, 'Q,[^,]*,[^,]*,(%a+),([^,]*),') do
    local head, count, rest = match(tally, '^(.-' .. period .. ' ' .. window:gsub('%-', '%%-') .. ' )(%d+)(;.*)$')
    if head then
      local total = math.max(0, tonumber(count) - quantity)
      tally = head .. int(total) .. rest
      note(entry, 'Q,' .. offer .. ',' .. resident .. ',' .. period .. ',' .. window .. ',' .. int(total))
    end
  end
  if tally ~= '' then put(key, tally) end
end
