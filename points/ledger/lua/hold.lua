-- A redemption begins: resident -> held, with stock and limits in the same step.
-- Keys: record, purse, tally (of this resident and offer), terms, stock.  Hint: until when the windows hold, and the windows.
function decide.hold(k, id, content, windows)
  local resident, offer, quantity, expires = match(content, '^([^\t]*)\t([^\t]*)\t(%d+)\t(%d+)$')
  local purse, tally, terms, stock = KEYS[k + 2], KEYS[k + 3], strings[KEYS[k + 4]], tonumber(strings[KEYS[k + 5]] or 0)
  quantity = tonumber(quantity)
  if not terms then return refuse('offer_unknown') end
  local person, thing = 'resident:' .. resident, 'offer:' .. offer
  load('held', 'closed:' .. person, 'closed:' .. thing)
  if shut(person) then return refuse('resident_closed') end
  if shut(thing) then return refuse('offer_closed') end
  local price, starts, ends, _, limits = match(terms, TERMS)
  if at < tonumber(starts) then return refuse('offer_not_started', 'starts_at', starts) end
  if at >= tonumber(ends) then return refuse('offer_ended', 'ends_at', ends) end
  if tonumber(expires) <= at then return refuse('bad_time') end
  local points = price * quantity
  if points > MOST then return refuse('over_ceiling') end
  if stock < quantity then return refuse('out_of_stock', 'stock', int(stock)) end
  local counts, counted
  if limits ~= '' then
    if at >= tonumber(match(windows, '^%d+')) then return '?' .. at_text end
    counts, counted = count_windows(limits, windows, strings[tally] or '', quantity)
    if not counts then return refuse('limit_reached', 'period', counted) end
  end
  local available, held, pending, lots = open_purse(purse)
  local parts, remaining = take(lots, points)
  if not parts then return refuse('insufficient_points', 'available', int(remaining), 'needed', int(points)) end

  local entry = new_entry(points)
  move_resident(entry, resident, -points, available - points)
  move(entry, 'held', points)
  save_purse(purse, available - points, held + points, pending, remaining)
  stock = int(stock - quantity)
  local changes = 'H,' .. resident .. ',' .. int(held + points)
  for i = 1, #parts do
    local part = parts[i]
    changes = format('%s\tT,%s,%d,%s,%s,%s,%d', changes, part.lot, part.points, part.fund, part.earned, part.expires, part.left)
  end
  entry.changes = changes .. '\tS,' .. offer .. ',' .. stock
  put(KEYS[k + 5], stock)
  if counts then
    put(tally, counts)
    for i = 1, #counted do note(entry, 'Q,' .. offer .. ',' .. resident .. ',' .. counted[i][1] .. ',' .. counted[i][2] .. ',' .. int(counted[i][3])) end
  end
  entry.data = 'expires_at\t' .. expires .. '\tprice\t' .. price .. '\tstock\t' .. stock
  afterwards('ZADD', HOLDS, expires, id)
  return entry
end
