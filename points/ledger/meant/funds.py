"""Outside money, and points on their way between districts."""

from __future__ import annotations

from points.ledger.chart import WORLD
from points.ledger.entry import Entry
from points.ledger.meant.before import Before, need_ahead
from points.ledger.meant.lots import granted, noted, spent
from points.ledger.meant.meaning import Meaning
from points.ledger.meant.parts import Part


def top_up(_before: Before, entry: Entry) -> Meaning:
    fund, amount = entry.content[0], int(entry.content[1])
    return Meaning(amount, [(WORLD, -amount), (f"fund:{fund}", amount)], [])


def settle(_before: Before, entry: Entry) -> Meaning:
    merchant, amount = entry.content[0], int(entry.content[1])
    return Meaning(amount, [(f"merchant:{merchant}", -amount), (WORLD, amount)], [])


def send_across(before: Before, entry: Entry) -> Meaning:
    resident, district, amount = entry.content[0], entry.content[1], int(entry.content[2])
    before.need_open(entry, f"resident:{resident}")
    parts, lefts = spent(before.purse(resident), amount, entry.at_ms)
    legs = [(f"resident:{resident}", -amount), (f"clearing:{district}", amount)]
    return Meaning(amount, legs, noted(resident, parts, lefts))


def receive_across(before: Before, entry: Entry) -> Meaning:
    resident, district, points, expires, sent = entry.content
    before.need_open(entry, f"resident:{resident}")
    need_ahead(entry, int(expires))
    amount, clearing = int(points), f"clearing:{district}"
    part = Part(int(expires), entry.number, amount, clearing, str(entry.at_ms))
    lots = granted(before.state, resident, part)
    legs = [(clearing, -amount), (f"resident:{resident}", amount)]
    return Meaning(amount, legs, [*lots, f"Y,{district},{sent},{entry.id}"])
