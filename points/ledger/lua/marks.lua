-- Marks of lots, by their field; false when there is none.
local marks = {}
local function load_marks(names)
  for first = 1, #names, 500 do
    local last = math.min(first + 499, #names)
    local found = call('HMGET', ACCOUNTS, unpack(names, first, last))
    for i = first, last do
      if marks[names[i]] == nil then marks[names[i]] = found[i - first + 1] end
    end
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
