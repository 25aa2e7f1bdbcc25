-- A grant: fund -> resident, or fund -> pending until it opens. What fits under all its caps is granted.
-- Keys: record, purse, due (index of the day it expires), opens (of the day it opens), then one for each cap.

-- What the caps leave of the amount.
local function fit(entry, k, amount, caps)
  local granted, rooms = amount, {}
  for ceiling, name in gmatch(caps, '\t(%d+)\t([^\t]+)') do
    local counter = KEYS[k + 5 + #rooms]
    local room = tonumber(ceiling) - tonumber(strings[counter] or 0)
    if room < 0 then room = 0 end
    if room < amount then
      local cut = name .. '\t' .. int(amount) .. '\t' .. int(room)
      entry.cuts = entry.cuts == '' and cut or entry.cuts .. '\t' .. cut
    end
    if room < granted then granted = room end
    rooms[#rooms + 1] = {counter, name}
  end
  return granted, rooms
end

local function count_up(entry, rooms, granted)
  for i = 1, #rooms do
    local counter, name = rooms[i][1], rooms[i][2]
    local count = tonumber(strings[counter] or 0) + granted
    put(counter, int(count))
    note(entry, 'C,' .. int(count) .. ',' .. name)
  end
end

function decide.earn(k, id, content)
  local resident, fund, amount, earned, expires, opens, caps =
    match(content, '^([^\t]*)\t([^\t]*)\t(%d+)\t(%d+)\t(%d+)\t(%d*)\t[^\t]*(.*)$')
  local account, person, purse = 'fund:' .. fund, 'resident:' .. resident, KEYS[k + 2]
  load(account, 'pending', 'closed:' .. person, 'closed:' .. account)
  if shut(person) then return refuse('resident_closed') end
  if shut(account) then return refuse('fund_closed') end
  if tonumber(expires) <= at then return refuse('bad_time') end
  local entry = new_entry(0)
  local granted, rooms = fit(entry, k, tonumber(amount), caps)
  if balances[account] < granted then return refuse('fund_short', 'available', int(balances[account])) end
  entry.amount = granted
  if granted == 0 then return entry end
  count_up(entry, rooms, granted)
  move(entry, account, -granted)
  local available, held, pending, lots = open_purse(purse)
  if opens ~= '' and tonumber(opens) > at then
    move(entry, 'pending', granted)
    save_purse(purse, available, held, pending + granted, lots)
    note(entry, 'P,' .. resident .. ',' .. int(pending + granted) .. ',' .. opens)
    say(entry, 'opens_at', opens)
    set_wait(KEYS[k + 4], id, opens)
    register_day('o', opens)
  else
    local lot = int(number + 1)
    lots = new_lot(entry, resident, lots, expires, lot, granted, fund, earned)
    move_resident(entry, resident, granted, available + granted)
    save_purse(purse, available + granted, held, pending, lots)
    fall_due(KEYS[k + 3], expires, resident)
  end
  return entry
end
