-- A merchant takes a reward back: merchant -> resident. A lot past its date lives 7 more days, once; else to its fund.
-- Keys: record, the capture's record, its refunded points, the hold's record, purse, due of the day in 7 days, and of
-- the day after.  Hint: resident and hold the keys were made for.
local WEEK = 7 * DAY

-- The captured parts of the hold that come back now, the one that expires last first.
local function parts_to_refund(changes, captured, refunded, amount)
  local taken, back, names = {}, {}, {}
  for lot, points, fund, earned, expires in gmatch(changes, 'T,(%d+),(%d+),([^,]+),(%d+),(%d+),%d+') do
    local used = math.min(tonumber(points), captured)
    captured = captured - used
    if used > 0 then taken[#taken + 1] = {lot = lot, points = used, fund = fund, earned = earned, expires = expires} end
  end
  for i = #taken, 1, -1 do
    local part = taken[i]
    local gone = math.min(part.points, refunded)
    local now_back = math.min(part.points - gone, amount)
    refunded, amount = refunded - gone, amount - now_back
    if now_back > 0 then
      part.points = now_back
      back[#back + 1], names[#names + 1], names[#names + 2] = part, 'lot:' .. part.lot, 'late:' .. part.lot
    end
  end
  return back, names
end

local function settle_parts(entry, k, resident, parts)
  local available, held, pending, lots = open_purse(KEYS[k + 5])
  local back, sums, funds, own, late = 0, {}, {}, {}, int(at + WEEK)
  for i = 1, #parts do
    local part = parts[i]
    local mark, later_date = marks['lot:' .. part.lot], marks['late:' .. part.lot]
    local expires = part.expires
    local past = tonumber(expires) <= at
    if past then expires = later_date or late end
    if mark == 'closed' or tonumber(expires) <= at then
      local account = source(part.fund)
      if not sums[account] then funds[#funds + 1] = account end
      sums[account] = (sums[account] or 0) + part.points
    else
      own[#own + 1], part.expires = part, expires
      if past and not later_date then
        note(entry, 'W,' .. part.lot .. ',' .. late)
        set_mark('late:' .. part.lot, late)
        local key = match(KEYS[k + 6], '%d+$') == int(floor(late / DAY)) and KEYS[k + 6] or KEYS[k + 7]
        fall_due(key, late, resident)
      end
    end
  end
  load('held', unpack(funds))
  if #own > 0 then
    lots, back = put_back(entry, resident, lots, own)
    move_resident(entry, resident, back, available + back)
    save_purse(KEYS[k + 5], available + back, held, pending, lots)
  end
  for i = 1, #funds do move(entry, funds[i], sums[funds[i]]) end
end

function decide.refund(k, id, content, hint)
  local capture_id, wanted = match(content, '^([^\t]*)\t(%d*)\t')
  local text, kind, captured, capture, changes = strings[KEYS[k + 2]], nil, nil, nil, nil
  local _, held_content
  if text then _, kind, _, captured, capture = match(text, ENTRY) end
  if kind ~= 'capture' then return refuse('capture_unknown') end
  local hold_id, merchant = match(capture, '^([^\t]*)\t([^\t]*)\t')
  if not strings[KEYS[k + 4]] then return '?' .. at_text end
  _, _, _, _, held_content, changes = match(strings[KEYS[k + 4]], ENTRY)
  local resident = match(held_content, '^[^\t]*')
  if hint ~= resident .. '\t' .. hold_id then return '?' .. at_text end
  local refunded = tonumber(strings[KEYS[k + 3]] or 0)
  local rest = captured - refunded
  local amount = wanted == '' and rest or tonumber(wanted)
  if amount > rest or rest == 0 then return refuse('over_capture', 'points', int(rest)) end
  local shop = 'merchant:' .. merchant
  load(shop)
  if balances[shop] < amount then return refuse('merchant_short', 'available', int(balances[shop])) end
  if floor((at + WEEK) / DAY) > tonumber(match(KEYS[k + 7], '%d+$')) then return '?' .. at_text end

  local entry = new_entry(amount)
  move(entry, shop, -amount)
  local parts, names = parts_to_refund(changes, tonumber(captured), refunded, amount)
  load_marks(names)
  settle_parts(entry, k, resident, parts)
  put(KEYS[k + 3], int(refunded + amount))
  note(entry, 'F,' .. capture_id .. ',' .. int(refunded + amount))
  say(entry, 'refundable', int(rest - amount))
  return entry
end
