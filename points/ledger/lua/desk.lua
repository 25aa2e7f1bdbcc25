-- What staff set: offers, stock, gates. No points move.
-- Keys: record, and for offers: terms, card or stock.
function decide.set_offer(k, id, content)
  local terms, card = match(content, '^[^\t]*\t([^\t]*\t[^\t]*\t[^\t]*\t[^\t]*\t[^\t]*)\t(.*)$')
  put(KEYS[k + 2], terms)
  put(KEYS[k + 3], card)
  return new_entry(0)
end

function decide.adjust_stock(k, id, content)
  local offer, delta = match(content, '^([^\t]*)\t(%-?%d+)$')
  if not strings[KEYS[k + 2]] then return refuse('offer_unknown') end
  local before = tonumber(strings[KEYS[k + 3]] or 0)
  local stock = before + tonumber(delta)
  if stock < 0 then return refuse('stock_short', 'stock', int(before)) end
  if stock >= CEILING then return refuse('over_ceiling') end
  local entry = new_entry(0)
  set_stock(entry, KEYS[k + 3], offer, stock)
  say(entry, 'stock', int(stock))
  return entry
end

function decide.set_gate(k, id, content)
  local subject, open = match(content, '^([^\t]*)\t(%d)\t')
  local field = 'closed:' .. subject
  if open == '0' then
    balances[field] = number + 1
    afterwards('HSET', ACCOUNTS, field, int(number + 1))
  else
    balances[field] = 0
    afterwards('HDEL', ACCOUNTS, field)
  end
  local entry = new_entry(0)
  note(entry, 'G,' .. open .. ',' .. subject)
  return entry
end
