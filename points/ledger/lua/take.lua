-- Spending: the lot that expires first goes first.

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
      front = expires .. ',' .. lot .. ',' .. format('%d', left - used) .. ',' .. fund .. ',' .. earned .. ';'
    elseif need > 0 then
      expires, lot, left, fund, earned, following = match(lots, LOT, position)
    end
  end
  return parts, stale .. front .. sub(lots, position)
end
