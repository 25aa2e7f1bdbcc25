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

-- Which of two parts of lots will be spent first.
local function sooner(a, b)
  local first, second = tonumber(a.expires), tonumber(b.expires)
  return first < second or (first == second and tonumber(a.lot) < tonumber(b.lot))
end

local function note_lot(entry, resident, lot, left, fund, earned, expires)
  note(entry, 'L,' .. resident .. ',' .. lot .. ',' .. int(left) .. ',' .. fund .. ',' .. earned .. ',' .. expires)
end

-- Parts come back to their lots, all in one pass; no two are of one lot. Answers the lots and how many points came.
local function put_back(entry, resident, lots, parts)
  table.sort(parts, sooner)
  local out, back, start, position = {}, 0, 1, 1
  local expires, lot, left, fund, earned, following = match(lots, LOT)
  for i = 1, #parts do
    local part, total = parts[i], parts[i].points
    back = back + total
    while expires and sooner({expires = expires, lot = lot}, part) do
      position = following
      expires, lot, left, fund, earned, following = match(lots, LOT, position)
    end
    out[#out + 1] = sub(lots, start, position - 1)
    if expires == part.expires and lot == part.lot then
      total, position = total + tonumber(left), following
      expires, lot, left, fund, earned, following = match(lots, LOT, position)
    end
    out[#out + 1] = part.expires .. ',' .. part.lot .. ',' .. int(total) .. ',' .. part.fund .. ',' .. part.earned .. ';'
    start = position
    note_lot(entry, resident, part.lot, total, part.fund, part.earned, part.expires)
  end
  out[#out + 1] = sub(lots, start)
  return concat(out), back
end
