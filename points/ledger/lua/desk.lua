-- What staff set: offers, stock, gates. No points move.
-- Keys: record, and for offers the shelf.
function decide.set_offer(k, id, content)
  local terms, card = match(content, '^[^\t]*\t([^\t]*\t[^\t]*\t[^\t]*\t[^\t]*\t[^\t]*)\t(.*)$')
  local shelf = KEYS[k + 2]
  shelf_at(shelf).terms = terms
  afterwards('HSET', shelf, 'terms', terms, 'card', card)
  return new_entry(0)
end

function decide.adjust_stock(k, id, content)
  local offer, delta = match(content, '^([^\t]*)\t(%-?%d+)$')
  local shelf = KEYS[k + 2]
  local stand = shelf_at(shelf)
  if not stand.terms then return refuse('offer_unknown') end
  local stock = stand.stock + tonumber(delta)
  if stock < 0 then return refuse('stock_short', 'stock', int(stand.stock)) end
  if stock >= CEILING then return refuse('over_ceiling') end
  local entry = new_entry(0)
  set_stock(entry, shelf, offer, stock)
  say(entry, 'stock', int(stock))
  return entry
end

function decide.set_gate(k, id, content)
  local subject, open = match(content, '^([^\t]*)\t(%d)\t')
  closed[subject] = open == '0'
  if open == '0' then afterwards('HSET', GATES, subject, int(number + 1)) else afterwards('HDEL', GATES, subject) end
  local entry = new_entry(0)
  note(entry.changes, 'G', open, subject)
  return entry
end
