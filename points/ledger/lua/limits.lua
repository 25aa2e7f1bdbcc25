-- An offer's terms (price, start, end, shops, limits), and how much each resident has had in a window.
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
