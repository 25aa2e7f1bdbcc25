"""Grants: what fits under their caps is granted, at once or when they open; they expire, and are undone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from points.ledger.chart import PENDING
from points.ledger.entry import Entry
from points.ledger.meant.before import Before, need_ahead
from points.ledger.meant.lots import expired, granted, undone
from points.ledger.meant.meaning import NOTHING, Meaning, as_posted
from points.ledger.meant.parts import Part
from points.ledger.state import Broken


def earn(before: Before, entry: Entry) -> Meaning:
    resident, fund, asked, earned, expires, opens = entry.content[:6]
    before.need_open(entry, f"resident:{resident}", f"fund:{fund}")
    need_ahead(entry, int(expires))
    caps = _caps(entry)
    amount = _fit(before, entry, int(asked), caps)
    if not amount:
        return NOTHING
    said, legs = _count(before, caps, amount), [(f"fund:{fund}", -amount)]
    if opens and int(opens) > entry.at_ms:
        said.append(_waits(before, resident, amount, opens))
        return Meaning(amount, [*legs, (PENDING, amount)], said)
    said += granted(before.state, resident, Part(int(expires), entry.number, amount, fund, earned))
    return Meaning(amount, [*legs, (f"resident:{resident}", amount)], said)


def open_(before: Before, entry: Entry) -> Meaning:
    name = entry.content[0]
    kept = before.state.waiting.get(name)
    if kept is None or kept.until_ms > entry.at_ms:
        raise Broken(entry.number, f"the grant {name} does not wait to be opened")
    grant = kept.entry
    resident, fund, _, earned, expires, opens = grant.content[:6]
    part = Part(int(expires), grant.number, grant.amount, fund, earned)
    said = [*granted(before.state, resident, part), _waits(before, resident, -grant.amount, opens)]
    return Meaning(grant.amount, [(PENDING, -grant.amount), (f"resident:{resident}", grant.amount)], said)


def expire(before: Before, entry: Entry) -> Meaning:
    resident = entry.content[0]
    due = expired(before.purse(resident), resident, entry.at_ms)
    total = sum(due.lost.values())
    return Meaning(total, [(f"resident:{resident}", -total), *due.lost.items()], due.said)


def reverse(before: Before, entry: Entry) -> Meaning:
    name, lost = entry.content[0], int(entry.receipt.data["lost"])
    waits = before.state.waiting.get(name)
    grant = waits.entry if waits else before.find(name)
    if grant is None:
        counted = {change.split(",", 2)[2]: None for change in entry.changes if change[0] == "C"}
        return as_posted(entry, [*_count(before, counted, -entry.amount - lost), f"X,{name},{entry.id}"])
    if grant.kind != "earn":
        raise Broken(entry.number, f"{name} is no grant")
    resident, fund, _, _, _, opens = grant.content[:6]
    if waits:
        amount, said, owner = grant.amount, [_waits(before, resident, -grant.amount, opens)], PENDING
    else:
        amount, said = undone(before.state, resident, grant.number, grant.amount)
        owner = f"resident:{resident}"
    if entry.amount == amount and lost != grant.amount - amount:
        raise Broken(entry.number, f"{grant.amount - amount} points are lost, not {lost}")
    said += _count(before, _caps(grant) if grant.amount else (), -grant.amount)
    return Meaning(amount, [(owner, -amount), (f"fund:{fund}", amount)], [*said, f"X,{name},{entry.id}"])


def _fit(before: Before, entry: Entry, asked: int, caps: Mapping[str, int]) -> int:
    """What the caps leave of the points. Raises Broken when the entry goes over one of them."""
    fits = asked
    for cap, ceiling in caps.items():
        counted = before.state.counters.get(cap, 0)
        fits = max(0, min(fits, ceiling - counted))
        if fits < entry.amount <= asked:
            raise Broken(entry.number, f"{counted + entry.amount} points count against {cap}, at most {ceiling}")
    return fits


def _caps(grant: Entry) -> dict[str, int]:
    """The caps of a grant and their ceilings, in the order in which they were named."""
    pairs = zip(grant.content[8::2], grant.content[7::2], strict=True)
    return {cap: int(ceiling) for cap, ceiling in pairs}


def _count(before: Before, caps: Iterable[str], points: int) -> list[str]:
    """What is said of caps that so many points more count against."""
    return [f"C,{before.state.counters.get(cap, 0) + points},{cap}" for cap in caps]


def _waits(before: Before, resident: str, points: int, opens: str) -> str:
    """What is said of the pending points of a resident that so many come to."""
    return f"P,{resident},{before.purse(resident).pending + points},{opens}"
