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
  put(key, format('%d %d %d\n', available, held, pending) .. lots)
end

local function move_resident(entry, resident, points, after)
  add_leg(entry, 'resident:' .. resident, int(points), int(after))
end
