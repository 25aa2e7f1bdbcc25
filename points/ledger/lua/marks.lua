-- Marks of lots, by their field; false when there is none.
local marks = {}
local function load_marks(...)
  local found = call('HMGET', ACCOUNTS, ...)
  for i = 1, #found do
    local name = select(i, ...)
    if marks[name] == nil then marks[name] = found[i] end
  end
end
local function mark_of(name)
  if marks[name] == nil then marks[name] = call('HGET', ACCOUNTS, name) end
  return marks[name]
end
local function set_mark(name, value)
  marks[name] = value
  afterwards('HSET', ACCOUNTS, name, value)
end
