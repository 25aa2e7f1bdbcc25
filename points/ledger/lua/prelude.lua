-- The first chapter of every script: what is read, what is remembered, what will be written.
--
-- Nothing is written before finish.lua. A decision works on the copies made here, so all checks of a command come
-- before the first write, and a command that is refused leaves no trace, also within a batch.
--
-- KEYS  1 head  2 stream  3 accounts  4 gates  5 holds  6 lots  7 days  8... of each command in turn
-- ARGV  1 now (ms)  2 how far the caller's clock may be off (ms, empty: any)  3 server run  4 mode: d dry run, f fenced
--       then six for each command: kind, id, fingerprint, number of keys, content, hints
local call = redis.call
local format, match, gmatch, find, sub = string.format, string.match, string.gmatch, string.find, string.sub
local HEAD, STREAM, ACCOUNTS, GATES, HOLDS, LOTS, DAYS = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5], KEYS[6], KEYS[7]
local DAY = 86400000
local CEILING = 1000000000000
local MOST = 1000000

-- Lua prints 10^15 as 1e+15; this prints every whole number whole.
local function int(n) return format('%.0f', n) end

local function refuse(code, ...)
  return '!' .. table.concat({code, ...}, '\t')
end

-- All strings a command may need come in one read; a key of another type answers false.
local strings, touched = {}, {}
do
  local names = {HEAD}
  for i = 8, #KEYS do names[i - 6] = KEYS[i] end
  local found = call('MGET', unpack(names))
  for i = 1, #names do strings[names[i]] = found[i] end
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

-- Balances of the accounts that are no resident's.
local balances, moved = {}, {}
local function load_accounts(...)
  local found = call('HMGET', ACCOUNTS, ...)
  for i = 1, #found do
    local name = select(i, ...)
    if not balances[name] then balances[name] = tonumber(found[i] or 0) end
  end
end
local function move(entry, name, points)
  local after = balances[name] + points
  balances[name] = after
  if not moved[name] then
    moved[name] = true
    moved[#moved + 1] = name
  end
  local legs = entry.legs
  legs[#legs + 1] = name .. '\t' .. int(points) .. '\t' .. int(after)
end

-- Who and what is closed.
local closed = {}
local function load_gates(...)
  local found = call('HMGET', GATES, ...)
  for i = 1, #found do
    local subject = select(i, ...)
    if closed[subject] == nil then closed[subject] = found[i] and true or false end
  end
end

-- Offers that were looked at, and those whose stock changed (offers.lua).
local shelves, restocked = {}, {}

-- Writes of other shapes, in the order they were asked for.
local later = {}
local function afterwards(...) later[#later + 1] = {...} end

local function new_entry(amount)
  return {amount = amount, legs = {}, cuts = {}, data = {}, changes = {}}
end
local function note(list, ...) list[#list + 1] = table.concat({...}, ',') end
local function say(entry, name, value) entry.data[#entry.data + 1] = name .. '\t' .. value end

-- A stored entry: number, kind, at, amount, content, changes.
local ENTRY = '^(%d+)\t[^\t]*\t([%a_]+)\t(%d+)\t(%d+)\t%x*\n[^\n]*\n[^\n]*\n[^\n]*\n([^\n]*)\n([^\n]*)$'

local decide = {}
