-- New lots, in a purse that must stay small.

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
