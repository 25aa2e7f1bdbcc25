-- A redemption is cancelled, or its time is over: held -> resident, stock and limits come back.
local function give_up(k, id, hold_id, hold, stop)
  local entry = new_entry(hold.points)
  close_hold(entry, hold, plan_return(hold, 0), 0, '')
  return_units(entry, hold, hold.quantity)
  mark_end(entry, k, hold_id, stop, 0, '', id)
  return entry
end

function decide.release(k, id, content, hint)
  local hold_id = match(content, '^([^\t]*)\t')
  local hold, why = find_hold(k, hint)
  if not hold then return why end
  why = ended(k, hold)
  if why then return why end
  if at >= hold.expires then return refuse('hold_timed_out') end
  return give_up(k, id, hold_id, hold, 'released')
end

function decide.time_out(k, id, content, hint)
  local hold, why = find_hold(k, hint)
  if not hold then return why end
  why = ended(k, hold)
  if why then return why end
  if at < hold.expires then return refuse('not_due') end
  return give_up(k, id, content, hold, 'timed_out')
end
