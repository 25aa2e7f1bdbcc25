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
    ensure(GroupLock, *({"district": district, "name": name} for name in wanted))
    query = select(GroupLock.name).where(GroupLock.district == district, GroupLock.name.in_(wanted))
    db.session.execute(query.order_by(GroupLock.name).with_for_update()).all()
