"""Room of caps for points that a correction leaves with a resident because they were spent.

Undoing a grant gives its whole room back in the ledger; what is granted anew there is only what had not been spent. The
rest is counted here, grant by grant, and each posting is given that much lower a ceiling, so that a correction lets
nobody past a cap. While an undoing is on its way, postings under the same caps wait for it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from sqlalchemy import delete, func, select, update

from backend.kit.db import db, ensure
from backend.passbook import locks
from backend.passbook.models import KeptRoom
from backend.wiring import ledger
from points.errors import Category, kind
from points.ledger.transfer import Cap
from points.rules import Cut

UNDER_WAY = kind(
    "correction_under_way",
    Category.CONFLICT,
    zh="上一次更正还在入账，请稍候。",
    en="An earlier correction is still being posted; wait.",
    retry=True,
)
_NAME = "caps"
Caps = tuple[tuple[str, int], ...]


def among_postings(district: str) -> None:
    """Hold for a posting: many at once, but none while an undoing changes what the caps have left."""
    locks.share(district, _NAME)


def alone(district: str) -> None:
    """Hold for an undoing, until its commit."""
    locks.hold(district, [_NAME])


def expect(district: str, grant: str, caps: Caps) -> None:
    """An undoing is queued behind which `grant` is given anew; postings under its caps wait until it is through."""
    if caps:
        rows = [{"district": district, "cap": key, "grant": grant, "points": 0, "settled": False} for key, _ in caps]
        ensure(KeptRoom, *rows)


def settle(district: str, grant: str, caps: Caps, kept: int) -> tuple[int, tuple[Cut, ...]]:
    """Count what stays of `kept` under the caps of the grant it now belongs to; answers it, and each cap that cut it.

    Needs `alone`. What fits under no cap any more is the fund's loss, and counts as given by nobody.
    """
    cuts = []
    for key, ceiling in sorted(caps):
        room = max(0, ceiling - ledger(district).counted(key) - counted(district, key))
        if room < kept:
            cuts.append(Cut(key, kept, room))
            kept = room
    let_go(district, [grant])
    if kept:
        db.session.add_all(
            KeptRoom(district=district, cap=key, grant=grant, points=kept, settled=True) for key, _ in caps
        )
    return kept, tuple(cuts)


def let_go(district: str, grants: Iterable[str]) -> None:
    """These grants hold no room any more."""
    db.session.execute(delete(KeptRoom).where(KeptRoom.district == district, KeptRoom.grant.in_(list(grants))))


def rename(district: str, grant: str, name: str) -> None:
    """The grant goes by another id."""
    these = update(KeptRoom).where(KeptRoom.district == district, KeptRoom.grant == grant)
    db.session.execute(these.values(grant=name))


def ceilings(district: str, caps: Caps) -> tuple[Cap, ...]:
    """The caps of a posting, each lowered by what is kept under it. Refused with `correction_under_way`."""
    if not caps:
        return ()
    query = select(KeptRoom.cap, KeptRoom.points, KeptRoom.settled)
    kept: Counter[str] = Counter()
    these = query.where(KeptRoom.district == district, KeptRoom.cap.in_([key for key, _ in caps]))
    for key, points, settled in db.session.execute(these):
        if not settled:
            raise UNDER_WAY()
        kept[key] += points
    return tuple(Cap(key, max(0, ceiling - kept[key])) for key, ceiling in caps)


def counted(district: str, cap: str) -> int:
    """Points kept under a cap's window, by its key."""
    query = select(func.sum(KeptRoom.points)).where(KeptRoom.district == district, KeptRoom.cap == cap)
    return int(db.session.scalar(query) or 0)
