-- A grant was wrong: what is left of its lot goes back to its fund and the lot is closed. What was spent stays spent.
-- Keys: record, the grant's record, its mark, purse, opens, then one for each cap.  Hint: resident the keys were made for.
local GRANT = '^([^\t]*)\t([^\t]*)\t%d+\t(%d+)\t(%d+)\t(%d*)\t[^\t]*(.*)$'

local function give_room_back(entry, k, caps, granted)
  local i = 5
  for name in gmatch(caps, '\t%d+\t([^\t]+)') do
    i = i + 1
    local count = tonumber(strings[KEYS[k + i]] or 0) - granted
    put(KEYS[k + i], int(count))
    note(entry, 'C,' .. int(count) .. ',' .. name)
  end
end

function decide.reverse(k, id, content, hint)
  local grant_id = match(content, '^([^\t]*)\t')
  local text = strings[KEYS[k + 2]]
  local _, lot, kind, granted, grant
  if text then lot, kind, _, granted, grant = match(text, ENTRY) end
  if kind ~= 'earn' then return refuse('earning_unknown') end
  local resident, fund, earned, expires, opens, caps = match(grant, GRANT)
  if hint ~= resident then return '?' .. at_text end
  if strings[KEYS[k + 3]] then return refuse('already_reversed') end
  granted = tonumber(granted)
  local purse, account = KEYS[k + 4], 'fund:' .. fund
  local available, held, pending, lots = open_purse(purse)
  load(account, 'pending')
  local closing = opens ~= '' and call('ZSCORE', KEYS[k + 5], grant_id)
  local entry
  if closing then
    entry = new_entry(granted)
    move(entry, 'pending', -granted)
    save_purse(purse, available, held, pending - granted, lots)
    note(entry, 'P,' .. resident .. ',' .. int(pending - granted) .. ',' .. opens)
    afterwards('ZREM', KEYS[k + 5], grant_id)
  else
    local remaining, taken = remove_lot(lots, lot)
    local left = 0
    entry = new_entry(0)
    for i = 1, #taken do
      left = left + taken[i][1]
      note_lot(entry, resident, lot, 0, fund, earned, taken[i][2])
    end
    entry.amount = left
    if left > 0 then
      move_resident(entry, resident, -left, available - left)
      save_purse(purse, available - left, held, pending, remaining)
    end
    note(entry, 'Z,' .. lot)
    afterwards('HSET', ACCOUNTS, 'lot:' .. lot, 'closed')
  end
  if entry.amount > 0 then move(entry, account, entry.amount) end
  if granted > 0 then give_room_back(entry, k, caps, granted) end
  put(KEYS[k + 3], id)
  note(entry, 'X,' .. grant_id .. ',' .. id)
  say(entry, 'lost', int(granted - entry.amount))
  return entry
end
