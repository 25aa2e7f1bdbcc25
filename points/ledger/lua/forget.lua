-- Forgets ids below the floor. Their entries are in the journal: the caller has seen to that.
-- KEYS: 1 head, then for each id: its record, what must be gone or there (the grants that wait, or the hold's end)
-- ARGV: for each id: the id, its kind.  Answers how many were forgotten.
local number, seen = string.match(redis.call('GET', KEYS[1]) or '', '^(%d+)\t%x+\t(%d+)\t')
if not number then return 0 end
local floor, gone = tonumber(seen) - 30 * 86400000, 0
for i = 1, #ARGV / 2 do
  local id, kind, record, other = ARGV[2 * i - 1], ARGV[2 * i], KEYS[2 * i], KEYS[2 * i + 1]
  local made = tonumber(string.sub(id, 1, 8) .. string.sub(id, 10, 13), 16)
  local needed = made >= floor
    or (kind == 'earn' and redis.call('ZSCORE', other, id))
    or (kind == 'hold' and redis.call('EXISTS', other) == 0)
  if not needed then
    gone = gone + redis.call('DEL', record)
    if kind == 'hold' then redis.call('DEL', other) end
  end
end
return gone
