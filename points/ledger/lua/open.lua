-- Opens the ledger for this run of the server, if its head is still the one that was matched with the journal; or
-- closes it.
-- KEYS: 1 head   ARGV: 1 number  2 hash  3 server run  4 open or closed
local text = redis.call('GET', KEYS[1])
local number, hash, seen, state, epoch = '0', string.rep('0', 40), '0', 'open', '0'
if text then
  local _
  number, hash, seen, state, _, epoch = string.match(text, '^(%d+)\t(%x+)\t(%d+)\t(%a+)\t(%w*)\t(%d+)$')
  if not number or state == 'torn' then return '!ledger_torn' end
elseif ARGV[4] == 'closed' then
  return '1' -- nothing is there to be closed, and nothing is made of it: it takes no postings as it is
end
if number ~= ARGV[1] or hash ~= ARGV[2] then return '?' end
redis.call('SET', KEYS[1], table.concat({number, hash, seen, ARGV[4], ARGV[3], epoch}, '\t'))
return '1'
