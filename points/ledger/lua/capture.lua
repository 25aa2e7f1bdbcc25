-- The merchant hands the reward over: held -> merchant; what is not captured is released in the same entry.
function decide.capture(k, id, content, hint)
  local hold_id, merchant, clerk, amount = match(content, '^([^\t]*)\t([^\t]*)\t([^\t]*)\t(%d*)$')
  local hold, why = find_hold(k, hint)
  if not hold then return why end
  local person, shop, desk, thing = 'resident:' .. hold.resident, 'merchant:' .. merchant, 'clerk:' .. clerk, 'offer:' .. hold.offer
  load('closed:' .. person, 'closed:' .. shop, 'closed:' .. desk, 'closed:' .. thing)
  if shut(person) then return refuse('resident_closed') end
  if shut(shop) then return refuse('merchant_closed') end
  if shut(desk) then return refuse('clerk_closed') end
  if shut(thing) then return refuse('offer_closed') end
  local shops = ',' .. match(hold.terms, '^%d+\t%d+\t%d+\t([^\t]*)') .. ','
  if not find(shops, ',' .. merchant .. ',', 1, true) then return refuse('foreign_merchant') end
  why = ended(k, hold)
  if why then return why end
  if at >= hold.expires then return refuse('hold_timed_out') end
  local captured = amount == '' and hold.points or tonumber(amount)
  if captured > hold.points then return refuse('over_hold', 'points', int(hold.points)) end

  local entry = new_entry(captured)
  close_hold(entry, hold, plan_return(hold, captured), captured, merchant)
  local handed = math.ceil(captured / hold.price)
  return_units(entry, hold, hold.quantity - handed)
  mark_end(entry, k, hold_id, 'captured', captured, merchant, id)
  say(entry, 'released', int(hold.points - captured))
  return entry
end
