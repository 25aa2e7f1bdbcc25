-- A redemption begins: resident -> held, with stock and limits in the same step.
-- Keys: record, purse, tally (of this resident and offer), shelf.  Hint: until when the windows hold, and the windows.
function decide.hold(k, id, content, windows)
  local resident, offer, quantity, expires = match(content, '^([^\t]*)\t([^\t]*)\t(%d+)\t(%d+)$')
  local purse, tally, shelf = KEYS[k + 2], KEYS[k + 3], KEYS[k + 4]
  quantity = tonumber(quantity)
  local stand = shelf_at(shelf)
  if not stand.terms then return refuse('offer_unknown') end
  local person, thing = 'resident:' .. resident, 'offer:' .. offer
  load_gates(person, thing)
  if closed[person] then return refuse('resident_closed') end
  if closed[thing] then return refuse('offer_closed') end
  local price, starts, ends, _, limits = match(stand.terms, TERMS)
  if at < tonumber(starts) then return refuse('offer_not_started', 'starts_at', starts) end
  if at >= tonumber(ends) then return refuse('offer_ended', 'ends_at', ends) end
  if tonumber(expires) <= at then return refuse('bad_time') end
  local points = price * quantity
  if points > MOST then return refuse('over_ceiling') end
  if stand.stock < quantity then return refuse('out_of_stock', 'stock', int(stand.stock)) end
  local counts, counted
  if limits ~= '' then
    if at >= tonumber(match(windows, '^%d+')) then return '?' .. int(at) end
    counts, counted = count_windows(limits, windows, strings[tally] or '', quantity)
    if not counts then return refuse('limit_reached', 'period', counted) end
  end
  local available, held, pending, lots = open_purse(purse)
  local parts, remaining = take(lots, points)
  if not parts then return refuse('insufficient_points', 'available', int(remaining), 'needed', int(points)) end

  local entry = new_entry(points)
  load_accounts('held')
  move_resident(entry, resident, -points, available - points)
  move(entry, 'held', points)
  save_purse(purse, available - points, held + points, pending, remaining)
  note(entry.changes, 'H', resident, int(held + points))
  for i = 1, #parts do
    local part = parts[i]
    note(entry.changes, 'T', part.lot, int(part.points), part.fund, part.earned, part.expires, int(part.left))
  end
  set_stock(entry, shelf, offer, stand.stock - quantity)
  if counts then
    put(tally, counts)
    for i = 1, #counted do note(entry.changes, 'Q', offer, resident, counted[i][1], counted[i][2], int(counted[i][3])) end
  end
  say(entry, 'expires_at', expires)
  say(entry, 'price', price)
  say(entry, 'stock', int(stand.stock))
  afterwards('ZADD', HOLDS, expires, id)
  return entry
end
