-- What the ends of a hold share. A hold is its own immutable entry; its end is a second key, written once:
-- `state number captured merchant capture`.
-- Keys: record, the hold's record, the hold's end, purse, tally, terms, stock.  Hint: resident and offer the keys were made for.

-- Answers the hold, or nil and why not.
local function find_hold(k, hint)
  local text = strings[KEYS[k + 2]]
  local _, kind, points, content, changes
  if text then _, kind, _, points, content, changes = match(text, ENTRY) end
  if kind ~= 'hold' then return nil, refuse('hold_unknown') end
  local resident, offer, quantity, expires = match(content, '^([^\t]*)\t([^\t]*)\t(%d+)\t(%d+)$')
  if hint ~= resident .. '\t' .. offer then return nil, '?' .. at_text end
  local hold = {resident = resident, offer = offer, quantity = tonumber(quantity), expires = tonumber(expires)}
  hold.points, hold.changes, hold.price = tonumber(points), changes, points / quantity
  hold.purse, hold.tally, hold.terms, hold.stock = KEYS[k + 4], KEYS[k + 5], strings[KEYS[k + 6]], KEYS[k + 7]
  return hold
end

local function ended(k, hold)
  local stop = strings[KEYS[k + 3]]
  if stop then return refuse('hold_' .. match(stop, '^[%a_]+')) end
end

local PART = 'T,(%d+),(%d+),([^,]+),(%d+),(%d+),%d+'

-- Where the hold's points go that are not captured: to their lots, or to the fund when the lot is closed or past.
-- `kept` points, from the lots that expire first, stay out.
local function plan_return(hold, kept)
  local parts, names = {}, {}
  for lot, points, fund, earned, expires in gmatch(hold.changes, PART) do
    points = tonumber(points)
    local stays = points < kept and points or kept
    kept = kept - stays
    if points > stays then
      parts[#parts + 1] = {lot = lot, points = points - stays, fund = fund, earned = earned, expires = expires}
      names[#names + 1] = 'lot:' .. lot
    end
  end
  load_marks(names)
  for i = 1, #parts do parts[i].lost = marks[names[i]] == 'closed' or tonumber(parts[i].expires) <= at end
  return parts
end

-- Ends the hold: `captured` points leave for the merchant, the rest goes where the plan says.
local function close_hold(entry, hold, parts, captured, merchant)
  local available, held, pending, lots = open_purse(hold.purse)
  local back, sums, funds, own = 0, {}, {}, {}
  for i = 1, #parts do
    local part = parts[i]
    if part.lost then
      local account = source(part.fund)
      if not sums[account] then funds[#funds + 1] = account end
      sums[account] = (sums[account] or 0) + part.points
    else
      own[#own + 1] = part
    end
  end
  if #own > 0 then lots, back = put_back(entry, hold.resident, lots, own) end
  load('held', 'merchant:' .. merchant, unpack(funds))
  move(entry, 'held', -hold.points)
  if captured > 0 then move(entry, 'merchant:' .. merchant, captured) end
  if back > 0 then move_resident(entry, hold.resident, back, available + back) end
  for i = 1, #funds do move(entry, funds[i], sums[funds[i]]) end
  save_purse(hold.purse, available + back, held - hold.points, pending, lots)
  note(entry, 'H,' .. hold.resident .. ',' .. int(held - hold.points))
end

-- Units that were not handed over come back to the stock and to the windows they were counted in.
local function return_units(entry, hold, units)
  if units <= 0 then return end
  set_stock(entry, hold.stock, hold.offer, tonumber(strings[hold.stock]) + units)
  uncount_windows(entry, hold.tally, hold.offer, hold.resident, hold.changes, units)
end

local function mark_end(entry, k, hold_id, stop, captured, merchant, id)
  put(KEYS[k + 3], concat({stop, int(number + 1), int(captured), merchant, id}, '\t'))
  note(entry, 'E,' .. hold_id .. ',' .. stop .. ',' .. int(captured) .. ',' .. merchant)
  afterwards('ZREM', HOLDS, hold_id)
end
