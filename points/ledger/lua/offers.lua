-- An offer's stock and windows, as they are set and as they come back.
local function set_stock(entry, key, offer, stock)
  stock = int(stock)
  put(key, stock)
  note(entry, 'S,' .. offer .. ',' .. stock)
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
