-- Lots that come into a purse, or are taken out whole.

-- Put points into a lot, in its place. Answers the lots and what the lot holds now.
local function add_lot(lots, expires, lot, points, fund, earned)
  local record = expires .. ',' .. lot .. ',' .. int(points) .. ',' .. fund .. ',' .. earned .. ';'
  if lots == '' then return record, points end
  local last_expires, last_lot = match(lots, '^.*;(%d+),(%d+),[^;]*;$')
  if not last_expires then last_expires, last_lot = match(lots, '^(%d+),(%d+),[^;]*;$') end
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

-- Past so many lots, a new one of a fund and day that is there already joins it.
local CROWD = 64

-- The lot that a new one of this fund and date would join: date, number, left, fund, earned; nil when there is room.
local function companion(lots, expires, fund)
  if #lots < CROWD * 32 then return nil end
  local _, count = lots:gsub(';', '')
  if count < CROWD then return nil end
  local day, position = floor(expires / DAY), 1
  while true do
    local e, l, left, f, earned, following = match(lots, LOT, position)
    if not e then return nil end
    if f == fund and floor(e / DAY) == day and tonumber(e) > at then
      local mark = mark_of('lot:' .. l)
      if not mark or mark == 'shared' then return e, l, tonumber(left), earned end
    end
    position = following
  end
end

-- Take all of a lot out (it may stand under its first date and under a later one).
-- Answers the lots, and what was taken: pairs of points and date.
local function remove_lot(lots, lot)
  local position, taken = 1, {}
  while true do
    local e, l, left, _, _, following = match(lots, LOT, position)
    if not e then return lots, taken end
    if l == lot then
      lots = sub(lots, 1, position - 1) .. sub(lots, following)
      taken[#taken + 1] = {tonumber(left), e}
    else
      position = following
    end
  end
end

-- The account that a lot's points came from and go back to.
local function source(fund) return find(fund, ':', 1, true) and fund or 'fund:' .. fund end

local function note_lot(entry, resident, lot, left, fund, earned, expires)
  note(entry, 'L,' .. resident .. ',' .. lot .. ',' .. int(left) .. ',' .. fund .. ',' .. earned .. ',' .. expires)
end

-- The lots without the one of this date and number.
local function without(lots, expires, lot)
  local from, to = find(';' .. lots, ';' .. expires .. ',' .. lot .. ',[^;]*;')
  return sub(lots, 1, from - 1) .. sub(lots, to)
end

-- A new lot comes into a purse, or joins one that is there; the joined lot lasts as long as the longer of them.
local function new_lot(entry, resident, lots, expires, lot, points, fund, earned)
  local e, l, left, since = companion(lots, expires, fund)
  if not e then
    note_lot(entry, resident, lot, points, fund, earned, expires)
    return (add_lot(lots, expires, lot, points, fund, earned))
  end
  local longer = tonumber(expires) > tonumber(e) and expires or e
  if longer ~= e then note_lot(entry, resident, l, 0, fund, since, e) end
  note_lot(entry, resident, l, left + points, fund, since, longer)
  note(entry, 'M,' .. lot .. ',' .. l)
  set_mark('lot:' .. lot, 'in:' .. l)
  set_mark('lot:' .. l, 'shared')
  return (add_lot(without(lots, e, l), longer, l, left + points, fund, since))
end
