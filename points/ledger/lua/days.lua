-- The index of days: a day's key lists who has lots to expire (l) or grants to open (o) that day.
local registered = {}
local function register_day(sort, ms)
  local day = int(floor(tonumber(ms) / DAY))
  local name = sort .. ':' .. day
  if registered[name] then return end
  registered[name] = true
  afterwards('ZADD', DAYS, day, name)
end
local function fall_due(key, expires, resident)
  afterwards('ZADD', key, expires, resident, 'LT')
  register_day('l', expires)
end
