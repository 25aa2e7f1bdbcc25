"""A filed ticket turns out to be the same as an earlier report: it follows that one, and who was first is set right.

The later report may have been verified first and have earned as the first. Its earning is not touched by the desk: a
correction is asked for, which another person confirms; what was spent of it stays spent.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import func, or_, select, update

from backend.kit import audit
from backend.kit.auth import Caller
from backend.kit.db import db, find, transaction
from backend.passbook import corrections
from backend.tickets.filing import ORIGINAL_UNFIT
from backend.tickets.models import Ticket
from backend.tickets.states import AT_WORK, ENDED, TicketState
from backend.tickets.steps import held, not_own, remember, take
from backend.tickets.view import TicketView, shown
from points.errors import Category, kind

FOLLOWS_ALREADY = kind(
    "ticket_follows_already",
    Category.CONFLICT,
    zh="这件工单已并入另一件。",
    en="This ticket follows another one already.",
)
NOT_FILED = kind(
    "ticket_not_filed",
    Category.CONFLICT,
    zh="还没有立案：核实时即可并入原工单。",
    en="It is not filed yet: name its original when it is verified.",
)
REASON = (
    "与更早上报的工单相同，按首报全额、后报象征更正 / the same as an earlier report: first in full, later ones a token"
)


def join(caller: Caller, identifier: str, original: str) -> TicketView:
    """Make a filed ticket a duplicate of an earlier report; its mending goes on with that one.

    Where both have earned, a correction of the later one's earning is asked for. Refused: `own_ticket`,
    `ticket_not_filed`, `ticket_follows_already`, `ticket_original_unfit`, and what `corrections.ask` refuses.
    """
    with transaction():
        ticket = held(caller, identifier)
        not_own(caller, ticket)
        if TicketState(ticket.state) not in AT_WORK | (ENDED - {TicketState.REFUSED}):
            raise NOT_FILED()
        if ticket.duplicate_of is not None:
            raise FOLLOWS_ALREADY()
        first = _original(ticket, original)
        _follow(ticket, first)
        if ticket.earning is not None and first.earning is not None:
            changes: dict[str, Any] = {"category": first.category, "place": first.id, "rank": ticket.rank}
            corrections.ask(caller, ticket.earning, corrections.CORRECTION, changes, REASON)
        audit.record(caller.district, caller.name, "ticket.joined", f"ticket:{ticket.id}", duplicate_of=first.id)
    return shown(ticket, caller)


def _original(ticket: Ticket, identifier: str) -> Ticket:
    """The earlier report, held; refused with `ticket_original_unfit`."""
    first = find(Ticket, ticket.district, identifier, lock=True)
    earlier = first.id != ticket.id and (first.reported_at, first.id) <= (ticket.reported_at, ticket.id)
    if not earlier or first.duplicate_of is not None or TicketState(first.state) not in AT_WORK:
        raise ORIGINAL_UNFIT()
    return first


def _follow(ticket: Ticket, first: Ticket) -> None:
    """It and those that followed it now follow the earlier one; what a unit had begun to do there is called back."""
    same = or_(Ticket.id == first.id, Ticket.duplicate_of == first.id)
    count = select(func.count()).select_from(Ticket).where(Ticket.district == ticket.district, same)
    ticket.rank = int(db.session.scalar(count) or 0) + 1
    ticket.duplicate_of, ticket.category = first.id, first.category
    followers = (Ticket.district == ticket.district, Ticket.duplicate_of == ticket.id)
    db.session.execute(update(Ticket).where(*followers).values(duplicate_of=first.id))
    if ticket.state in (TicketState.FILED, TicketState.DISPATCHED):
        take(ticket, "join")
        ticket.unit = None
    else:
        remember(ticket, "join", by="staff")
