-- A grant was wrong: what is left of its lot goes back to its fund and the lot is closed. What was spent stays spent.
-- Keys: record, the grant's record, its mark, purse, opens, then one for each cap.  Hint: resident, opening and caps the
-- keys were made for.
local GRANT = '^([^\t]*)\t([^\t]*)\t%d+\t(%d+)\t(%d+)\t(%d*)\t[^\t]*(.*)$'

local function give_room_back(entry, k, caps, granted)
  local i = 5
  for name in gmatch(caps, '\t%d+\t([^\t]+)') do
    i = i + 1
    local count = tonumber(strings[KEYS[k + i]] or 0) - granted
    put(KEYS[k + i], int(count))
    note(entry, 'C,' .. int(count) .. ',' .. name)
  end
end

-- Take all of a lot out (it may stand under its first date and under a later one).
-- Answers the lots, and what was taken: pairs of points and date.
local function remove_lot(lots, lot)
  local position, taken = 1, {}
  while true do
    local e, l, left, _, _, following = match(lots, LOT, position)
    if not e then return lots, taken end
    if l == lot then
      lots = sub(lots, 1, position - 1) .. sub(lots, following)
      taken[#taken + 1] = {tonumber(left), e}
    else
      position = following
    end
  end
end

-- The points of a lot that is the grant's alone: all that is left, and the lot is closed.
local function close_lot(entry, resident, lots, lot, fund, earned)
  local remaining, taken = remove_lot(lots, lot)
  for i = 1, #taken do
    entry.amount = entry.amount + taken[i][1]
    note_lot(entry, resident, lot, 0, fund, earned, taken[i][2])
  end
  note(entry, 'Z,' .. lot)
  set_mark('lot:' .. lot, 'closed')
  return remaining
end

-- The points of a lot that several grants share: at most what this grant brought.
local function share_of(entry, resident, lots, lot, granted)
  local position = 1
  while true do
    local e, l, left, fund, earned, following = match(lots, LOT, position)
    if not e then return lots end
    if l == lot and entry.amount < granted then
      left = tonumber(left)
      local used = math.min(left, granted - entry.amount)
      entry.amount = entry.amount + used
      note_lot(entry, resident, lot, left - used, fund, earned, e)
      local kept = left > used and e .. ',' .. l .. ',' .. int(left - used) .. ',' .. fund .. ',' .. earned .. ';' or ''
      lots = sub(lots, 1, position - 1) .. kept .. sub(lots, following)
      position = position + #kept
    else
      position = following
    end
  end
end

local function take_back(purse, resident, lot, granted, fund, earned)
  local available, held, pending, lots = open_purse(purse)
  local entry, mark = new_entry(0), mark_of('lot:' .. lot)
  local joined = lot
  while mark and sub(mark, 1, 3) == 'in:' do
    joined = sub(mark, 4)
    mark = mark_of('lot:' .. joined)
  end
  if joined ~= lot or mark == 'shared' then
    lots = share_of(entry, resident, lots, joined, granted)
  else
    lots = close_lot(entry, resident, lots, lot, fund, earned)
  end
  if entry.amount > 0 then
    move_resident(entry, resident, -entry.amount, available - entry.amount)
    save_purse(purse, available - entry.amount, held, pending, lots)
  end
  return entry
end

function decide.reverse(k, id, content, hint)
  local grant_id = match(content, '^([^\t]*)\t')
  local text = strings[KEYS[k + 2]]
  local _, lot, kind, granted, grant
  if text then lot, kind, _, granted, grant = match(text, ENTRY) end
  if kind ~= 'earn' then return refuse('earning_unknown') end
  local resident, fund, earned, expires, opens, caps = match(grant, GRANT)
  local made_for = resident .. '\t' .. (opens == '' and '0' or opens) .. caps:gsub('\t%d+\t([^\t]+)', '\t%1')
  if hint ~= made_for then return '?' .. at_text end
  if strings[KEYS[k + 3]] then return refuse('already_reversed') end
  granted = tonumber(granted)
  local purse, account = KEYS[k + 4], 'fund:' .. fund
  local available, held, pending, lots = open_purse(purse)
  load(account, 'pending')
  local closing = opens ~= '' and wait_of(KEYS[k + 5], grant_id)
  local entry
  if closing then
    entry = new_entry(granted)
    move(entry, 'pending', -granted)
    save_purse(purse, available, held, pending - granted, lots)
    note(entry, 'P,' .. resident .. ',' .. int(pending - granted) .. ',' .. opens)
    set_wait(KEYS[k + 5], grant_id, false)
  else
    entry = take_back(purse, resident, lot, granted, fund, earned)
  end
  if entry.amount > 0 then move(entry, account, entry.amount) end
  if granted > 0 then give_room_back(entry, k, caps, granted) end
  put(KEYS[k + 3], id)
  note(entry, 'X,' .. grant_id .. ',' .. id)
  say(entry, 'lost', int(granted - entry.amount))
  return entry
end
