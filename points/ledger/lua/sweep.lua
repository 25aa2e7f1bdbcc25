-- What time does, as entries of the ledger's own: lots expire to their fund, pending grants open.

-- Keys: (no record), purse, due.  Hint: the day of the index (days since 1970).
function decide.expire(k, id, content, hint)
  local resident = content
  local purse, due = KEYS[k + 2], KEYS[k + 3]
  local available, held, pending, lots = open_purse(purse)
  local entry, sums, funds, position, total, count = new_entry(0), {}, {}, 1, 0, 0
  local expires, lot, left, fund, earned, following = match(lots, LOT)
  while expires and tonumber(expires) <= at and count < 50 do
    local account = source(fund)
    if not sums[account] then funds[#funds + 1] = account end
    sums[account] = (sums[account] or 0) + tonumber(left)
    total = total + tonumber(left)
    note_lot(entry, resident, lot, 0, fund, earned, expires)
    position, count = following, count + 1
    expires, lot, left, fund, earned, following = match(lots, LOT, position)
  end
  -- A lot of this day may still come back from a hold: the resident stays listed until the day is over.
  local ends = (tonumber(hint) + 1) * DAY
  local again = expires and tonumber(expires) < ends and tonumber(expires) or ends
  if at >= again and not (expires and tonumber(expires) <= at) then
    afterwards('ZREM', due, resident)
  else
    afterwards('ZADD', due, int(again), resident)
  end
  if total == 0 then return '-' end
  entry.amount = total
  load(unpack(funds))
  move_resident(entry, resident, -total, available - total)
  for i = 1, #funds do move(entry, funds[i], sums[funds[i]]) end
  save_purse(purse, available - total, held, pending, sub(lots, position))
  return entry
end

-- Keys: (no record), the grant's record, purse, opens, due.
function decide.open(k, id, content, hint)
  local grant_id, opens_key = content, KEYS[k + 4]
  local score = wait_of(opens_key, grant_id)
  if not score or tonumber(score) > at then return refuse('not_due') end
  local lot, _, _, granted, grant = match(strings[KEYS[k + 2]], ENTRY)
  local resident, fund, _, earned, expires = match(grant, '^([^\t]*)\t([^\t]*)\t(%d+)\t(%d+)\t(%d+)\t')
  if hint ~= resident then return '?' .. at_text end
  granted = tonumber(granted)
  local available, held, pending, lots = open_purse(KEYS[k + 3])
  local entry = new_entry(granted)
  load('pending')
  move(entry, 'pending', -granted)
  move_resident(entry, resident, granted, available + granted)
  lots = new_lot(entry, resident, lots, expires, lot, granted, fund, earned)
  save_purse(KEYS[k + 3], available + granted, held, pending - granted, lots)
  note(entry, 'P,' .. resident .. ',' .. int(pending - granted) .. ',' .. score)
  set_wait(opens_key, grant_id, false)
  fall_due(KEYS[k + 5], expires, resident)
  return entry
end
