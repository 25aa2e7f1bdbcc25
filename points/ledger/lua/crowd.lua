-- New lots, in a purse that must stay small.

-- Past so many lots, a new one of a fund and day that is there already joins it.
local CROWD = 64

local function crowded(lots)
  if #lots < CROWD * 32 then return false end
  local _, count = lots:gsub(';', '')
  return count >= CROWD
end

-- The lot that a new one of this fund and date joins: one of that day that lasts at least as long, so that its date
-- stays and what comes back to it from a hold finds it. Answers date, number and earned; nil when there is none.
local function companion(lots, expires, fund)
  local day, date, position = floor(expires / DAY), tonumber(expires), 1
  while true do
    local e, l, _, f, earned, following = match(lots, LOT, position)
    if not e or floor(e / DAY) > day then return nil end
    if f == fund and tonumber(e) >= date then
      local mark = mark_of('lot:' .. l)
      if not mark or mark == 'shared' then return e, l, earned end
    end
    position = following
  end
end

-- A new lot comes into a purse. In a crowded one it joins another; the first that finds none lasts to the end of its
-- day, so that all later ones of that day can join it.
local function new_lot(entry, resident, lots, expires, lot, points, fund, earned)
  local joined, left
  if crowded(lots) then
    local e, l, since = companion(lots, expires, fund)
    if e then
      joined, expires, earned = l, e, since
    else
      expires = int((floor(expires / DAY) + 1) * DAY - 1)
    end
  end
  lots, left = add_lot(lots, expires, joined or lot, points, fund, earned)
  note_lot(entry, resident, joined or lot, left, fund, earned, expires)
  if joined then
    note(entry, 'M,' .. lot .. ',' .. joined)
    set_mark('lot:' .. lot, 'in:' .. joined)
    set_mark('lot:' .. joined, 'shared')
  end
  return lots
end
