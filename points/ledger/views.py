"""What the ledger's keys say, as views for a reader."""

from __future__ import annotations

from points.clock import from_ms
from points.ledger.request import hold_facts
from points.ledger.results import Balance, HoldView, OfferView


def balance_of(found: object, now_ms: int) -> Balance:
    """What lots past their time hold is not available, swept or not."""
    if not isinstance(found, bytes):
        return Balance(0, 0, 0)
    totals, lots = found.decode().split("\n")
    _, held, pending = totals.split(" ")
    alive = []
    for lot in lots.split(";")[:-1]:
        expires, _, left, _ = lot.split(",", 3)
        if int(expires) > now_ms:
            alive.append((from_ms(int(expires)), int(left)))
    return Balance(sum(left for _, left in alive), int(held), int(pending), tuple(alive))


def hold_of(found: object, now_ms: int) -> HoldView | None:
    if not isinstance(found, list) or found[0] is None:
        return None
    header, _, _, _, content, _ = found[0].decode().split("\n")
    _, identifier, kind, _, points, _ = header.split("\t")
    if kind != "hold":
        return None
    fields = content.split("\t")
    facts, quantity, expires = hold_facts(tuple(fields)), int(fields[2]), int(fields[3])
    state, captured, merchant = "held" if now_ms < expires else "timed_out", 0, None
    if found[1] is not None:
        state, _, taken, shop, _ = found[1].decode().split("\t")
        captured, merchant = int(taken), shop or None
    return HoldView(
        identifier, state, facts.resident, facts.offer, quantity, int(points), from_ms(expires), captured, merchant
    )


def offer_of(offer_id: str, found: list[object]) -> OfferView | None:
    shelf, closed = found
    if not isinstance(shelf, list) or shelf[0] is None:
        return None
    price, starts, ends, merchants, _ = shelf[0].decode().split("\t")
    return OfferView(
        offer_id,
        int(price),
        tuple(merchants.split(",")),
        from_ms(int(starts)),
        from_ms(int(ends)),
        int(shelf[1] or 0),
        closed == 0,
        shelf[2].decode() if shelf[2] else "",
    )
