-- A resident's purse: one string, `available held pending`, then the lots in the order they will be spent.
-- A lot is `expires,lot,left,fund,earned;`: soonest expiry first, the older lot first among equals.
local LOT = '^(%d+),(%d+),(%d+),([^,]+),(%d+);()'

local function open_purse(key)
  local text = strings[key]
  if not text then return 0, 0, 0, '' end
  local available, held, pending, position = match(text, '^(%d+) (%d+) (%d+)\n()')
  return tonumber(available), tonumber(held), tonumber(pending), sub(text, position)
end

local function save_purse(key, available, held, pending, lots)
  put(key, int(available) .. ' ' .. int(held) .. ' ' .. int(pending) .. '\n' .. lots)
end

local function move_resident(entry, resident, points, after)
  local legs = entry.legs
  legs[#legs + 1] = 'resident:' .. resident .. '\t' .. int(points) .. '\t' .. int(after)
end

-- Take points from the lots that expire first and are not past their time.
-- Answers the parts taken and the lots that remain; or nil and what there was.
local function take(lots, points)
  local position, parts, need, front = 1, {}, points, ''
  local expires, lot, left, fund, earned, following = match(lots, LOT)
  while expires and tonumber(expires) <= at do
    position = following
    expires, lot, left, fund, earned, following = match(lots, LOT, position)
  end
  local stale = sub(lots, 1, position - 1)
  while need > 0 do
    if not expires then return nil, points - need end
    left = tonumber(left)
    local used = left < need and left or need
    parts[#parts + 1] = {lot = lot, points = used, left = left - used, fund = fund, earned = earned, expires = expires}
    need, position = need - used, following
    if used < left then
      front = expires .. ',' .. lot .. ',' .. int(left - used) .. ',' .. fund .. ',' .. earned .. ';'
    elseif need > 0 then
      expires, lot, left, fund, earned, following = match(lots, LOT, position)
    end
  end
  return parts, stale .. front .. sub(lots, position)
end

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
  note(entry.changes, 'L', resident, lot, int(left), fund, earned, expires)
end

-- The index of days: a day's key lists who has lots to expire (l) or grants to open (o) that day.
local function register_day(sort, ms)
  local day = int(math.floor(tonumber(ms) / DAY))
  afterwards('ZADD', DAYS, day, sort .. ':' .. day)
end
local function fall_due(key, expires, resident)
  afterwards('ZADD', key, 'LT', expires, resident)
  register_day('l', expires)
end
