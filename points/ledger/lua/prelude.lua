-- The first chapter of every script: what is read, what is remembered, what will be written.
--
-- Nothing is written before finish.lua. A decision works on the copies made here, so all checks of a command come
-- before the first write, and a command that is refused leaves no trace, also within a batch.
--
-- KEYS  1 head  2 stream  3 accounts  4 holds  5 days  6... of each command in turn
-- ARGV  1 now (ms)  2 how far the caller's clock may be off (ms, empty: any)  3 server run  4 mode: d dry run, f fenced, o what
--       follows a command that must be asked again is asked again, too
--       5 the highest number the caller was answered  6 in this epoch
--       then six for each command: kind, id, fingerprint, number of keys, content, hints
local call = redis.call
local tonumber, unpack, select, floor, concat = tonumber, unpack, select, math.floor, table.concat
local format, match, gmatch, find, sub = string.format, string.match, string.gmatch, string.find, string.sub
local HEAD, STREAM, ACCOUNTS, HOLDS, DAYS = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5]
local DAY = 86400000
local CEILING = 1000000000000
local MOST = 1000000

-- Lua prints 10^15 as 1e+15; this prints every whole number whole.
local function int(n) return format('%d', n) end

local function refuse(code, ...)
  return '!' .. concat({code, ...}, '\t')
end

-- All strings a command may need come in one read; a key of another type answers false.
local strings, touched = {}, {}
do
  local found = call('MGET', HEAD, unpack(KEYS, 6))
  strings[HEAD] = found[1]
  for i = 6, #KEYS do strings[KEYS[i]] = found[i - 4] end
end
local function put(key, value)
  if not touched[key] then
    touched[key] = true
    touched[#touched + 1] = key
  end
  strings[key] = value
end

-- Head: number, hash, highest time seen, state, server run it is opened for, epoch.
local number, chain, seen, state, run, epoch = 0, '0000000000000000000000000000000000000000', 0, 'open', '', '0'
if strings[HEAD] then
  number, chain, seen, state, run, epoch = match(strings[HEAD], '^(%d+)\t(%x+)\t(%d+)\t(%a+)\t(%w*)\t(%d+)$')
  if number then number, seen = tonumber(number), tonumber(seen) else state = 'torn' end
end
local now = tonumber(ARGV[1])
local at = seen and seen > now and seen or now
local at_text = int(at)

-- Balances of the accounts that are no resident's; beside them `closed:<subject>`, the entry that closed it, and
-- `lot:<number>`, what is unusual about a lot: `closed`, `shared` (others merged into it) or `in:<number>` (merged);
-- `late:<number>`, until when it lives after its date.
local balances, moved = {}, {}
local function load(...)
  local found = call('HMGET', ACCOUNTS, ...)
  for i = 1, #found do
    local name = select(i, ...)
    if not balances[name] then balances[name] = tonumber(found[i] or 0) end
  end
end
local function shut(subject) return balances['closed:' .. subject] > 0 end
-- Points and the balance after come as text, since who calls has often made it before.
local function add_leg(entry, name, points, after)
  local leg = name .. '\t' .. points .. '\t' .. after
  entry.legs = entry.legs == '' and leg or entry.legs .. '\t' .. leg
end
local function move(entry, name, points)
  local after = balances[name] + points
  balances[name] = after
  after = int(after)
  if not moved[name] then
    moved[#moved + 1] = name
  end
  moved[name] = after
  add_leg(entry, name, int(points), after)
end

-- Writes of other shapes, in the order they were asked for; one that follows its like on the same key joins it. An index of
-- days is written in one way by commands and in another by time, which has runs of its own. Lua hands on 8,000 at most.
local later, latest = {}, {}
local function afterwards(verb, key, a, b, option)
  local write = latest[key]
  if not write or write[1] ~= verb or #write > 1000 then
    write = {verb, key, option}
    latest[key], later[#later + 1] = write, write
  end
  write[#write + 1] = a
  if b then write[#write + 1] = b end
end

local function new_entry(amount)
  return {amount = amount, legs = '', cuts = '', data = '', changes = ''}
end
local function note(entry, change)
  entry.changes = entry.changes == '' and change or entry.changes .. '\t' .. change
end
local function say(entry, name, value)
  local said = name .. '\t' .. value
  entry.data = entry.data == '' and said or entry.data .. '\t' .. said
end

-- A stored entry: number, kind, at, amount, content, changes.
local ENTRY = '^(%d+)\t[^\t]*\t([%a_]+)\t(%d+)\t(%d+)\t%x*\n[^\n]*\n[^\n]*\n[^\n]*\n([^\n]*)\n([^\n]*)$'

local decide = {}
