"""What staff set: offers, stock and gates. No points move."""

from __future__ import annotations

from points.ledger.entry import Entry
from points.ledger.meant.before import Before, read_terms
from points.ledger.meant.meaning import NOTHING, Meaning
from points.ledger.state import Broken


def set_offer(_before: Before, entry: Entry) -> Meaning:
    offer, *terms, _card = entry.content
    price = read_terms("\t".join(terms)).price
    if price < 1:
        raise Broken(entry.number, f"{offer} is offered for {price}")
    return NOTHING


def adjust_stock(before: Before, entry: Entry) -> Meaning:
    offer, delta = entry.content
    return Meaning(0, [], [stocked(before, entry, offer, int(delta))])


def set_gate(_before: Before, entry: Entry) -> Meaning:
    subject, opened = entry.content[:2]
    return Meaning(0, [], [f"G,{opened},{subject}"])


def stocked(before: Before, entry: Entry, offer: str, units: int) -> str:
    """What is said of a stock that so many units come to. Raises Broken when there are not so many to take."""
    stock = before.state.stock.get(offer, 0)
    if stock + units < 0:
        raise Broken(entry.number, f"the stock of {offer} is {stock}, not {-units}")
    return f"S,{offer},{stock + units}"
