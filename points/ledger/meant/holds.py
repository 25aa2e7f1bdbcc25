"""Redemptions: points are held, and go to the merchant, come back, or run out of time; a merchant takes one back."""

from __future__ import annotations

from points.ledger.chart import HELD
from points.ledger.entry import Entry
from points.ledger.meant.before import Before, Terms, Window, need_ahead
from points.ledger.meant.desk import stocked
from points.ledger.meant.lots import given_back, spent
from points.ledger.meant.meaning import Meaning, as_posted
from points.ledger.meant.parts import first, rest, taken
from points.ledger.state import Broken

_HOW = {"capture": "captured", "release": "released", "time_out": "timed_out"}


def hold(before: Before, entry: Entry) -> Meaning:
    resident, offer, units, expires = entry.content
    before.need_open(entry, f"resident:{resident}", f"offer:{offer}")
    terms, quantity = before.terms(offer), int(units)
    points = terms.price * quantity
    if quantity < 1 or entry.amount != points or not terms.starts <= entry.at_ms < terms.ends:
        raise Broken(entry.number, f"{offer} is offered for {terms.price}, from {terms.starts} until {terms.ends}")
    need_ahead(entry, int(expires))
    said = [_held(before, resident, points)]
    parts, lefts = spent(before.purse(resident), points, entry.at_ms)
    for part, left in zip(parts, lefts, strict=True):
        said.append(f"T,{part.lot},{part.points},{part.source},{part.earned},{part.expires},{left}")
    said.append(stocked(before, entry, offer, -quantity))
    if terms.limits:
        said += _counted(before, entry, terms, quantity)
    return Meaning(points, [(f"resident:{resident}", -points), (HELD, points)], said)


def capture(before: Before, entry: Entry) -> Meaning:
    _, merchant, clerk, amount = entry.content
    held = _open_hold(before, entry)
    resident, offer = held.content[:2]
    subjects = (f"resident:{resident}", f"merchant:{merchant}", f"clerk:{clerk}", f"offer:{offer}")
    before.need_open(entry, *subjects)
    if merchant not in before.terms(offer).merchants:
        raise Broken(entry.number, f"{offer} is not offered by {merchant}")
    captured = int(amount) if amount else held.amount
    if not 0 < captured <= held.amount:
        raise Broken(entry.number, f"{held.amount} points are held, not {captured}")
    return _ended(before, entry, held, captured, merchant)


def release(before: Before, entry: Entry) -> Meaning:
    return _ended(before, entry, _open_hold(before, entry))


def time_out(before: Before, entry: Entry) -> Meaning:
    return _ended(before, entry, _open_hold(before, entry))


def refund(before: Before, entry: Entry) -> Meaning:
    name, wanted = entry.content[:2]
    earlier, captured = before.state.refunded.get(name, 0), before.find(name)
    if captured is not None and captured.kind != "capture":
        raise Broken(entry.number, f"{name} is no capture")
    held = before.find(captured.content[0]) if captured is not None else None
    if captured is None or held is None:
        return as_posted(entry, [f"F,{name},{earlier + entry.amount}"])
    left = captured.amount - earlier
    amount = int(wanted) if wanted else left
    if not 0 < amount <= left:
        raise Broken(entry.number, f"of {name} {left} points are left to refund")
    sold = first(taken(held), captured.amount)
    back = first(rest(reversed(sold), earlier), amount)
    resident, merchant = held.content[0], captured.content[1]
    due = given_back(before.state, resident, back, entry.at_ms, graced=True)
    legs = [(f"merchant:{merchant}", -amount), (f"resident:{resident}", due.back), *due.lost.items()]
    return Meaning(amount, legs, [*due.said, f"F,{name},{earlier + amount}"])


def _open_hold(before: Before, entry: Entry) -> Entry:
    """The hold that an entry ends. Raises Broken when there is none, or not at this time."""
    name = entry.content[0]
    kept = before.state.holds.get(name)
    if kept is None:
        raise Broken(entry.number, f"there is no hold {name} for it")
    if (entry.at_ms >= kept.until_ms) != (entry.kind == "time_out"):
        raise Broken(entry.number, f"the time of its hold is over at {kept.until_ms}")
    return kept.entry


def _ended(before: Before, entry: Entry, held: Entry, captured: int = 0, merchant: str = "") -> Meaning:
    """The end of a hold: what is captured goes to the merchant, the rest comes back, units and windows too."""
    resident, offer, quantity = held.content[0], held.content[1], int(held.content[2])
    due = given_back(before.state, resident, rest(taken(held), captured), entry.at_ms)
    said = [*due.said, _held(before, resident, -held.amount)]
    units = quantity - -(-captured * quantity // held.amount)
    if units:
        said.append(stocked(before, entry, offer, units))
        said += _uncounted(before, held, units)
    said.append(f"E,{entry.content[0]},{_HOW[entry.kind]},{captured},{merchant}")
    legs = [(HELD, -held.amount), (f"merchant:{merchant}", captured), (f"resident:{resident}", due.back)]
    return Meaning(captured or held.amount, [*legs, *due.lost.items()], said)


def _held(before: Before, resident: str, points: int) -> str:
    """What is said of the held points of a resident that so many come to."""
    return f"H,{resident},{before.purse(resident).held + points}"


def _counted(before: Before, entry: Entry, terms: Terms, quantity: int) -> list[str]:
    """What is said of the windows that a hold counts in. Raises Broken when it is more than one of them takes."""
    resident, offer = entry.content[:2]
    tally, said = before.tally(offer, resident), []
    for period, most in terms.limits:
        window = before.window(period, entry.at_ms)
        total = _count_in(tally, (period, window)) + quantity
        if total > most:
            raise Broken(entry.number, f"{total} of {offer} in {window}, at most {most}")
        said.append(f"Q,{offer},{resident},{period},{window},{total}")
    return said


def _uncounted(before: Before, held: Entry, units: int) -> list[str]:
    """What is said of the windows that units come back to; those that are over stay as they are."""
    resident, offer = held.content[:2]
    tally, said = before.tally(offer, resident), []
    for change in held.changes:
        if change[0] == "Q":
            period, window = change.split(",")[3:5]
            if tally[period][0] == window:
                left = max(0, tally[period][1] - units)
                said.append(f"Q,{offer},{resident},{period},{window},{left}")
    return said


def _count_in(tally: dict[str, tuple[str, int]], window: Window) -> int:
    """How much a window counts: none where another of its period was counted last."""
    known, count = tally.get(window[0], ("", 0))
    return count if known == window[1] else 0
