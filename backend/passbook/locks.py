"""Rows that stand for a group or a matter: whoever holds one in a transaction is alone with it until the commit."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import select

from backend.kit.db import db, ensure
from backend.passbook.models import GroupLock

_LONGEST = 100


def hold(district: str, names: Iterable[str]) -> None:
    """Hold all of these until the open transaction ends; always taken in one order, so that nobody waits in a ring."""
    wanted = sorted({name[:_LONGEST] for name in names})
    if not wanted:
        return
    _hold(district, wanted)


def share(district: str, name: str) -> None:
    """Hold it beside others who share it, and keep out who would `hold` it, until the open transaction ends."""
    query = select(GroupLock.name).where(GroupLock.district == district, GroupLock.name == name)
    if db.session.execute(query.with_for_update(read=True)).first() is None:
        ensure(GroupLock, {"district": district, "name": name})
        db.session.execute(query.with_for_update(read=True))


def _hold(district: str, wanted: list[str]) -> None:
    ensure(GroupLock, *({"district": district, "name": name} for name in wanted))
    query = select(GroupLock.name).where(GroupLock.district == district, GroupLock.name.in_(wanted))
    db.session.execute(query.order_by(GroupLock.name).with_for_update()).all()
