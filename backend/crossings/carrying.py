"""After the commit of a transfer: its points leave, arrive, or come back, one posting and one commit for each step.

Each posting has an id that was stored before. A step that was killed is done again under the same id, and the ledger
answers with the first receipt; what arrives is marked by the id under which it was sent, so it arrives once.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from backend.crossings.models import Crossing
from backend.crossings.states import CROSSINGS, UNDER_WAY, CrossingState
from backend.kit import outbox
from backend.kit.clock import fresh_id, now
from backend.kit.db import find
from backend.passbook import across
from backend.wiring import settings
from points.errors import Refused
from points.ids import derived_id

CARRYING = "crossings.carry"
_LATE = timedelta(days=7)
"""How long points live that come back after their date, as those of a refund do."""


def queue(row: Crossing) -> None:
    """The next step of a transfer, after the commit."""
    outbox.send(row.district, CARRYING, {"crossing": row.id})


@outbox.handles(CARRYING)
def carry(district: str, payload: dict[str, Any]) -> None:
    """Do the step that is due; none for a transfer that has ended. What may succeed later stays in the outbox."""
    row = find(Crossing, district, payload["crossing"], lock=True)
    if row.state == CrossingState.SENDING:
        _send(row)
    elif row.state == CrossingState.SENT and row.homecoming is None:
        _arrive(row)
    elif row.state == CrossingState.SENT:
        _bring_back(row)


@outbox.notes_problem(CARRYING)
def note_waiting(district: str, payload: dict[str, Any], problem: str) -> None:
    """Show on the transfer what it waits for; one on its way back goes on saying why."""
    row = find(Crossing, district, payload["crossing"], lock=True)
    if row.state in UNDER_WAY and row.homecoming is None:
        row.reason = problem


def _send(row: Crossing) -> None:
    left = across.send(row.district, row.departure, row.resident, row.to_district, row.amount)
    if isinstance(left, Refused):
        if _is_last_word(row, left):
            _end(row, "refuse", left.code)
        return
    if left is None:
        row.departure = fresh_id()
    else:
        row.state = CROSSINGS.after(CrossingState(row.state), "send").value
        row.expires_at, row.arrival, row.reason = left, derived_id(row.id, "arrive"), None
    queue(row)


def _arrive(row: Crossing) -> None:
    if row.arrival is None or row.expires_at is None:
        raise ValueError(f"transfer {row.id} was sent and does not say how it arrives")
    arrived = across.receive(
        row.to_district, row.arrival, row.recipient, row.district, row.amount, row.expires_at, row.departure
    )
    if arrived is True:
        _end(row, "arrive", None)
        return
    if isinstance(arrived, Refused):
        row.homecoming, row.reason = derived_id(row.id, "return"), arrived.code
        row.back_until = row.expires_at if row.expires_at > now() else now() + _LATE
    else:
        row.arrival = fresh_id()
    queue(row)


def _bring_back(row: Crossing) -> None:
    """They come back; what waited past its date (an account that is closed) is named anew, with days to live."""
    if row.homecoming is None or row.back_until is None:
        raise ValueError(f"transfer {row.id} does not say how it comes back")
    back = across.receive(
        row.district, row.homecoming, row.resident, row.to_district, row.amount, row.back_until, row.departure
    )
    if back is True:
        _end(row, "bring_back", row.reason)
        return
    if isinstance(back, Refused):
        if row.back_until > now():
            raise back
        row.back_until = now() + _LATE
    row.homecoming = fresh_id()
    queue(row)


def _is_last_word(row: Crossing, refusal: Refused) -> bool:
    """Whether a refusal stands: an earlier try that nobody answered may still be on its way to the ledger.

    Where there was one, the same is asked again once the ledger takes nothing so old any more.
    """
    if row.reason in (None, refusal.code):
        return True
    row.reason = refusal.code
    waits = min(timedelta(seconds=2 * settings().redis.skew_seconds), outbox.LONGEST)
    outbox.send(row.district, CARRYING, {"crossing": row.id}, due_at=now() + waits)
    return False


def _end(row: Crossing, step: str, reason: str | None) -> None:
    row.state = CROSSINGS.after(CrossingState(row.state), step).value
    row.reason, row.ended_at = reason, now()
