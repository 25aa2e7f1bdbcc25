-- The last chapter: each command climbs the ladder (existing id first), then everything is written, the entries last.
local entries, answers = {}, {}
local sha1hex = redis.sha1hex
local skewed, dry, fenced = false, find(ARGV[4], 'd', 1, true), find(ARGV[4], 'f', 1, true)
if ARGV[2] ~= '' then
  local t = call('TIME')
  skewed = math.abs(t[1] * 1000 + floor(t[2] / 1000) - now) > tonumber(ARGV[2])
end

-- An id carries its time (UUIDv7). Below the floor ids may have been forgotten; far ahead they cannot be honest.
local function out_of_time(id)
  local made = tonumber(sub(id, 1, 8) .. sub(id, 10, 13), 16)
  return made < at - 30 * DAY or made > at + DAY
end

local function attempt(kind, id, fingerprint, k, content, hints)
  local record = KEYS[k + 1]
  if fingerprint ~= '' then
    local known = strings[record]
    if known then
      if match(known, '^%d+\t[^\t]*\t[%a_]+\t%d+\t%d+\t(%x*)\n') ~= fingerprint then return refuse('id_reused') end
      return '=' .. known
    end
    if out_of_time(id) then return refuse('id_expired') end
  end
  if skewed then return refuse('clock_skew') end
  local entry = decide[kind](k, id, content, hints)
  if type(entry) == 'string' then return entry end
  number = number + 1
  local name = int(number)
  local text = name .. '\t' .. id .. '\t' .. kind .. '\t' .. at_text .. '\t' .. int(entry.amount) .. '\t'
    .. fingerprint .. '\n' .. entry.legs .. '\n' .. entry.cuts .. '\n' .. entry.data .. '\n' .. content .. '\n'
    .. entry.changes
  if fingerprint ~= '' then put(record, text) end
  local before = chain
  chain = sha1hex(before .. '\n' .. text)
  entries[#entries + 1] = {name .. '-0', before, chain, text}
  return text
end

local writes = 0
local function write(...)
  local answer = call(...)
  writes = writes + 1
  return answer
end

local function flush()
  local set = {}
  for i = 1, #touched do
    set[2 * i - 1], set[2 * i] = touched[i], strings[touched[i]]
  end
  if #entries > 0 then
    set[#set + 1] = HEAD
    set[#set + 1] = int(number) .. '\t' .. chain .. '\t' .. at_text .. '\t' .. state .. '\t' .. run .. '\t' .. epoch
  end
  if #set > 0 then write('MSET', unpack(set)) end
  if #moved > 0 then
    local fields = {}
    for i = 1, #moved do fields[2 * i - 1], fields[2 * i] = moved[i], moved[moved[i]] end
    write('HSET', ACCOUNTS, unpack(fields))
  end
  for i = 1, #later do write(unpack(later[i])) end
  for i = 1, #entries do
    local e = entries[i]
    write('XADD', STREAM, e[1], 'p', e[2], 'h', e[3], 't', e[4])
  end
end

if state ~= 'open' then return '!ledger_' .. state end
if run ~= ARGV[3] and (fenced or run ~= '') then return '!ledger_closed' end
local k, a = 5, 5
while ARGV[a] do
  answers[#answers + 1] = attempt(ARGV[a], ARGV[a + 1], ARGV[a + 2], k, ARGV[a + 4], ARGV[a + 5])
  k, a = k + tonumber(ARGV[a + 3]), a + 6
end
if not dry then
  local whole, why = pcall(flush)
  if not whole then
    if writes == 0 then return type(why) == 'table' and why or redis.error_reply(tostring(why)) end
    call('SET', HEAD, concat({int(number), chain, at_text, 'torn', run, epoch}, '\t'))
    return '!ledger_torn'
  end
end
if #answers == 1 then return answers[1] end
return answers
