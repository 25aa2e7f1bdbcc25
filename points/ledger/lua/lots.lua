-- Lots that come into a purse, or are taken out whole.

-- No lot's text is longer than this.
local LONGEST_LOT = 160

-- Put points into a lot, in its place. Answers the lots and what the lot holds now.
local function add_lot(lots, expires, lot, points, fund, earned)
  local record = expires .. ',' .. lot .. ',' .. int(points) .. ',' .. fund .. ',' .. earned .. ';'
  if lots == '' then return record, points end
  local last_expires, last_lot = match(';' .. sub(lots, -LONGEST_LOT), '^.*;(%d+),(%d+),[^;]*;$')
  local date, age = tonumber(expires), tonumber(lot)
  last_expires, last_lot = tonumber(last_expires), tonumber(last_lot)
  if last_expires < date or (last_expires == date and last_lot < age) then return lots .. record, points end
  local position = 1
  while true do
    local e, l, left, f, g, following = match(lots, LOT, position)
    if not e then return lots .. record, points end
    if l == lot and e == expires then
      local total = tonumber(left) + points
      local joined = e .. ',' .. l .. ',' .. int(total) .. ',' .. f .. ',' .. g .. ';'
      return sub(lots, 1, position - 1) .. joined .. sub(lots, following), total
    end
    e = tonumber(e)
    if e > date or (e == date and tonumber(l) > age) then
      return sub(lots, 1, position - 1) .. record .. sub(lots, position), points
    end
    position = following
  end
end

-- The account that a lot's points came from and go back to.
local function source(fund) return find(fund, ':', 1, true) and fund or 'fund:' .. fund end

local function note_lot(entry, resident, lot, left, fund, earned, expires)
  note(entry, 'L,' .. resident .. ',' .. lot .. ',' .. int(left) .. ',' .. fund .. ',' .. earned .. ',' .. expires)
end
