"""Staff close or open a merchant, a clerk, a reward or a resident: in the books, in the ledger, then the answer.

The closing is committed first, with an outbox row behind it, and written to the ledger before the staff are answered.
While the ledger is down they are told so; a repetition, or the worker, writes it under the same id of its own.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from backend.kit import audit, outbox
from backend.kit.auth import Caller
from backend.kit.clock import fresh_id, now
from backend.kit.db import db, find, rows, transaction
from backend.kit.http.idempotency import KEY_REUSED, answered_before
from backend.merchants.models import Clerk, Merchant
from backend.merchants.sign_in import sign_out
from backend.passbook import spend
from backend.residents.models import Resident
from backend.residents.service import sign_out_everywhere
from backend.rewards.models import GateChange, Reward

KIND = "gate"
_SAFETY_NET = timedelta(seconds=5)
Subject = Merchant | Clerk | Reward | Resident
_MODELS: dict[str, type[Subject]] = {"merchant": Merchant, "clerk": Clerk, "offer": Reward, "resident": Resident}


def turn(caller: Caller, kind: str, subject: str, key: str, *, is_open: bool, reason: str) -> GateChange:
    """Close or open; back when the ledger refuses (or takes) the next posting. Sessions of the closed end."""
    with transaction():
        change = _change(caller, kind, subject, key, is_open=is_open, reason=reason)
    with transaction():
        write(caller.district, {"change": change.id})
    return change


def _change(caller: Caller, kind: str, subject: str, key: str, *, is_open: bool, reason: str) -> GateChange:
    row = find(_MODELS[kind], caller.district, subject, lock=True)
    wanted = (kind, subject, is_open, reason, caller.name)
    known = db.session.get(GateChange, (caller.district, key))
    if known is not None:
        if (known.kind, known.subject, known.open, known.reason, known.by) != wanted:
            raise KEY_REUSED()
        answered_before()
        return known
    change = GateChange(
        district=caller.district,
        id=key,
        kind=kind,
        posting=fresh_id(),  # a key that is too old, or taken, must not keep a closing out of the ledger
        subject=subject,
        open=is_open,
        reason=reason,
        by=caller.name,
        at=now(),
        written=False,
    )
    db.session.add(change)
    row.closed, row.gate = not is_open, key
    audit.record(caller.district, caller.name, f"{kind}.{'opened' if is_open else 'closed'}", f"{kind}:{subject}")
    outbox.send(caller.district, KIND, {"change": key}, due_at=now() + _SAFETY_NET)
    return change


@outbox.handles(KIND)
def write(district: str, payload: dict[str, Any]) -> None:
    """Write one change to the ledger, unless a later one has taken its place; the subject's row is locked."""
    change = find(GateChange, district, payload["change"])
    row = find(_MODELS[change.kind], district, change.subject, lock=True)
    change = find(GateChange, district, change.id, lock=True)
    if change.written:
        return
    if not change.open:
        _end_sessions(row)
    if row.gate == change.id:
        spend.set_gate(
            district,
            change.posting,
            f"{change.kind}:{change.subject}",
            is_open=change.open,
            reason=change.reason,
            staff=change.by.removeprefix("staff:"),
        )
    change.written = True


def _end_sessions(row: Subject) -> None:
    if isinstance(row, Clerk):
        sign_out(row)
    elif isinstance(row, Resident):
        sign_out_everywhere(row)
    elif isinstance(row, Merchant):
        for clerk in db.session.scalars(rows(Clerk, row.district).where(Clerk.merchant == row.id)):
            sign_out(clerk)
