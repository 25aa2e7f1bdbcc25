-- Outside money: top_up (world -> fund) and settle (merchant -> world).
function decide.top_up(k, id, content)
  local fund, amount = match(content, '^([^\t]*)\t(%d+)\t')
  local account, entry = 'fund:' .. fund, new_entry(tonumber(amount))
  load('world', account)
  -- all points there are came from the world, so no balance can pass the ceiling if this one cannot
  if entry.amount - balances['world'] >= CEILING then return refuse('over_ceiling') end
  move(entry, 'world', -entry.amount)
  move(entry, account, entry.amount)
  return entry
end

function decide.settle(k, id, content)
  local merchant, amount = match(content, '^([^\t]*)\t(%d+)\t')
  local account, entry = 'merchant:' .. merchant, new_entry(tonumber(amount))
  load(account, 'world')
  if balances[account] < entry.amount then return refuse('merchant_short', 'available', int(balances[account])) end
  move(entry, account, -entry.amount)
  move(entry, 'world', entry.amount)
  return entry
end
