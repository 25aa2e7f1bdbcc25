-- When a pending grant opens, as this script has left it; nil when it does not wait.
local waits = {}
local function wait_of(key, id)
  if waits[id] == nil then waits[id] = call('ZSCORE', key, id) end
  return waits[id]
end
local function set_wait(key, id, opens)
  waits[id] = opens
  if opens then afterwards('ZADD', key, opens, id) else afterwards('ZREM', key, id) end
end
