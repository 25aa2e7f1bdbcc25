-- Points travel between districts: each side posts its own entry against the clearing account of the other.

-- Keys: record, purse.
function decide.send_across(k, id, content)
  local resident, district, amount = match(content, '^([^\t]*)\t([^\t]*)\t(%d+)$')
  local person, account, purse = 'resident:' .. resident, 'clearing:' .. district, KEYS[k + 2]
  amount = tonumber(amount)
  load(account, 'closed:' .. person)
  if shut(person) then return refuse('resident_closed') end
  if balances[account] + amount >= CEILING then return refuse('over_ceiling') end
  local available, held, pending, lots = open_purse(purse)
  local parts, remaining = take(lots, amount)
  if not parts then return refuse('insufficient_points', 'available', int(remaining), 'needed', int(amount)) end
  local entry = new_entry(amount)
  move_resident(entry, resident, -amount, available - amount)
  move(entry, account, amount)
  save_purse(purse, available - amount, held, pending, remaining)
  for i = 1, #parts do
    local part = parts[i]
    note_lot(entry, resident, part.lot, part.left, part.fund, part.earned, part.expires)
  end
  return entry
end

-- Keys: record, purse, due, the mark of what was sent.
function decide.receive_across(k, id, content)
  local resident, district, amount, expires, sent = match(content, '^([^\t]*)\t([^\t]*)\t(%d+)\t(%d+)\t([^\t]*)$')
  local person, account, purse, mark = 'resident:' .. resident, 'clearing:' .. district, KEYS[k + 2], KEYS[k + 4]
  amount = tonumber(amount)
  load(account, 'closed:' .. person)
  if shut(person) then return refuse('resident_closed') end
  if strings[mark] then return refuse('already_received') end
  if tonumber(expires) <= at then return refuse('bad_time') end
  local available, held, pending, lots = open_purse(purse)
  if available + amount >= CEILING or amount - balances[account] >= CEILING then return refuse('over_ceiling') end
  local entry, lot, earned = new_entry(amount), int(number + 1), at_text
  move(entry, account, -amount)
  move_resident(entry, resident, amount, available + amount)
  lots = new_lot(entry, resident, lots, expires, lot, amount, account, earned)
  save_purse(purse, available + amount, held, pending, lots)
  put(mark, id)
  note(entry, 'Y,' .. district .. ',' .. sent .. ',' .. id)
  fall_due(KEYS[k + 3], expires, resident)
  return entry
end
