-- The last chapter: each command climbs the ladder (existing id first), then everything is written, the entries last.
-- It stands in no function, because a script is made anew for each call and every function of it is, too.
local entries, answers, sha1hex = {}, {}, redis.sha1hex
local dry, fenced, ordered = find(ARGV[4], 'd', 1, true), find(ARGV[4], 'f', 1, true), find(ARGV[4], 'o', 1, true)
if state ~= 'open' then return '!ledger_' .. state end
if run ~= ARGV[3] and (fenced or run ~= '') then return '!ledger_closed' end
-- What was answered is there, or this is another ledger. An epoch that the caller does not know tells them to ask again.
if epoch ~= ARGV[6] then return '!ledger_epoch\t' .. epoch end
if number < tonumber(ARGV[5]) then return refuse('ledger_lacks', 'ledger', int(number), 'seen', ARGV[5]) end

-- What time does by itself also waits while the ledger is ahead of its server: too early is not to be undone.
local skewed, early = false, false
if ARGV[2] ~= '' then
  local t, limit = call('TIME'), tonumber(ARGV[2])
  local clock = t[1] * 1000 + floor(t[2] / 1000)
  skewed, early = clock - now > limit or now - clock > limit, at - clock > limit
end

-- An id carries its time (UUIDv7). Below the floor ids may have been forgotten; far ahead they cannot be honest.
local floor_ms, ahead_ms = at - 30 * DAY, at + DAY
local k, a, again = 5, 7, false
while ARGV[a] do
  local kind, id, fingerprint, content = ARGV[a], ARGV[a + 1], ARGV[a + 2], ARGV[a + 4]
  local known, made, answer
  if fingerprint ~= '' then known, made = strings[KEYS[k + 1]], tonumber(sub(id, 1, 8) .. sub(id, 10, 13), 16) end
  if again then
    answer = again
  elseif known then
    local same = match(known, '^%d+\t[^\t]*\t[%a_]+\t%d+\t%d+\t(%x*)\n') == fingerprint
    answer = same and '=' .. known or refuse('id_reused')
  elseif made and (made < floor_ms or made > ahead_ms) then
    answer = refuse('id_expired')
  elseif skewed or (early and fingerprint == '') then
    answer = refuse('clock_skew')
  else
    answer = decide[kind](k, id, content, ARGV[a + 5])
  end
  if type(answer) == 'table' then
    local entry, name, before = answer, int(number + 1), chain
    answer = name .. '\t' .. id .. '\t' .. kind .. '\t' .. at_text .. '\t' .. int(entry.amount) .. '\t'
      .. fingerprint .. '\n' .. entry.legs .. '\n' .. entry.cuts .. '\n' .. entry.data .. '\n' .. content .. '\n'
      .. entry.changes
    if fingerprint ~= '' then put(KEYS[k + 1], answer) end
    chain = sha1hex(before .. '\n' .. answer)
    number = number + 1
    entries[#entries + 1] = {'XADD', STREAM, name .. '-0', 'p', before, 'h', chain, 't', answer}
  elseif ordered and sub(answer, 1, 1) == '?' then
    again = answer
  end
  answers[#answers + 1] = answer
  k, a = k + tonumber(ARGV[a + 3]), a + 6
end

if not dry then
  local writes, set, fields = {}, {'MSET'}, {'HSET', ACCOUNTS}
  for i = 1, #touched do
    set[2 * i], set[2 * i + 1] = touched[i], strings[touched[i]]
  end
  if #entries > 0 then
    set[#set + 1] = HEAD
    set[#set + 1] = int(number) .. '\t' .. chain .. '\t' .. at_text .. '\t' .. state .. '\t' .. run .. '\t' .. epoch
  end
  if #set > 1 then writes[1] = set end
  for i = 1, #moved do fields[2 * i + 1], fields[2 * i + 2] = moved[i], moved[moved[i]] end
  if #moved > 0 then writes[#writes + 1] = fields end
  for i = 1, #later do writes[#writes + 1] = later[i] end
  for i = 1, #entries do writes[#writes + 1] = entries[i] end
  for i = 1, #writes do
    local answer = redis.pcall(unpack(writes[i]))
    if type(answer) == 'table' and answer.err then
      if i == 1 then return answer end
      call('SET', HEAD, concat({int(number), chain, at_text, 'torn', run, epoch}, '\t'))
      return '!ledger_torn'
    end
  end
end
if #answers == 1 then return answers[1] end
return answers
