"""Which ledger goes on: each time one is put together from the journal a new epoch begins, and older ledgers are over.

A ledger of an epoch that is over may hold entries that were given up. It is not opened, and nothing it holds is copied.
"""

from __future__ import annotations

from collections.abc import Sequence

import structlog
from sqlalchemy import select

from backend.journal.models import JournalEpoch, JournalHead
from backend.journal.projector import locked_head
from backend.kit import audit
from backend.kit.clock import now
from backend.kit.db import db, transaction
from backend.staff.models import StaffMember
from backend.wiring import ledger
from points.ledger.heads import read_head
from points.ledger.refusals import BAD_STAFF

REPLACED, REBUILT, CAUGHT_UP, ADOPTED = "replaced", "rebuilt", "caught_up", "adopted"
"""Why an epoch began: the ledger was thrown away, was lost, lacked entries; or the journal had forgotten its epoch."""
_LONGEST = 200


def current(district: str) -> int:
    """The epoch that the journal is in."""
    return int(db.session.scalar(select(JournalHead.epoch).where(JournalHead.district == district)) or 0)


def of_ledger(district: str) -> int:
    """The epoch that the ledger's head names."""
    found = ledger(district)
    return read_head(found.wire.ask("GET", found.keys.head)).epoch


def history(district: str) -> Sequence[JournalEpoch]:
    """Every epoch that began, newest first."""
    query = select(JournalEpoch).where(JournalEpoch.district == district).order_by(JournalEpoch.epoch.desc())
    return db.session.scalars(query).all()


def refuse_signatures(district: str, staff: tuple[str, ...], reason: str) -> None:
    """Raise Refused `bad_staff` unless two open accounts of the district's staff are named, and a reason."""
    query = select(StaffMember.name).where(
        StaffMember.district == district, StaffMember.name.in_(staff), StaffMember.closed.is_(False)
    )
    if len(set(staff)) != 2 or set(db.session.scalars(query)) != set(staff) or not reason.strip():
        raise BAD_STAFF()


def begin(district: str, why: str, *, given_up: int = 0, staff: tuple[str, ...] = (), reason: str = "") -> int:
    """Write down that a new epoch begins after the journal's last entry; answers it. From now on the old one is over.

    `given_up` counts answered entries that nobody can have any more.
    """
    with transaction() as session:
        head = locked_head(session, district)
        epoch = max(head.epoch, of_ledger(district)) + 1
        _note(head, epoch, why, given_up=given_up, staff=staff, reason=reason)
    return epoch


def adopt(district: str) -> None:
    """Write down the ledger's epoch in a journal that was restored from before it began."""
    with transaction() as session:
        head = locked_head(session, district)
        epoch = of_ledger(district)
        if epoch > head.epoch:
            _note(head, epoch, ADOPTED)


def _note(
    head: JournalHead, epoch: int, why: str, *, given_up: int = 0, staff: tuple[str, ...] = (), reason: str = ""
) -> None:
    head.epoch = epoch
    db.session.add(
        JournalEpoch(
            district=head.district,
            epoch=epoch,
            number=head.number,
            hash=head.hash,
            why=why,
            given_up=given_up,
            staff=list(staff),
            reason=reason[:_LONGEST],
            at=now(),
        )
    )
    signed = dict(zip(("first_staff", "second_staff"), staff, strict=False))
    audit.record(
        head.district,
        "console",
        f"ledger.{why}",
        head.district,
        epoch=epoch,
        journal=head.number,
        given_up=given_up,
        reason=reason[:_LONGEST],
        **signed,
    )
    structlog.get_logger().warning("epoch_begins", district=head.district, epoch=epoch, why=why, given_up=given_up)
