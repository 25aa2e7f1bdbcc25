"""The end of the story: what the books and the journal hold, counted; nothing is remembered or guessed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, and_, case, func, select

from backend.acts.models import Act, Appeal
from backend.acts.states import ActState
from backend.journal.models import JournalEntry
from backend.kit.db import db
from backend.merchants.models import Clerk
from backend.passbook.models import Earning, GrantRow
from backend.residents.models import Resident
from backend.staff.models import Partner, StaffMember
from backend.tickets.models import PARTNER, REPORTER, Ticket
from backend.volunteering.attendance.models import Attendance

ENTRIES = {
    "top_up": ("资金注入", "fund topped up"),
    "earn": ("积分发放", "points granted"),
    "open": ("公示期满入账", "granted points opened"),
    "expire": ("积分到期", "points expired"),
    "reverse": ("积分冲正", "grants reversed"),
    "set_offer": ("奖品发布或更改", "offers set"),
    "adjust_stock": ("库存调整", "stock adjusted"),
    "set_gate": ("停用或恢复", "gates closed or opened"),
    "hold": ("兑换预留", "points held"),
    "release": ("兑换取消", "holds released"),
    "time_out": ("预留超时退回", "holds timed out"),
    "capture": ("商户核销", "rewards captured"),
    "refund": ("退货退分", "captures refunded"),
    "settle": ("商户结算", "merchants settled"),
    "send_across": ("跨区转出", "sent across districts"),
    "receive_across": ("跨区转入", "received across"),
}
"""Every kind of entry the ledger makes, in the order of the table."""
WITHOUT_POINTS = {"set_offer", "adjust_stock", "set_gate"}
DEEDS = {
    "act": ("文明行为所得", "earned by acts"),
    "service": ("志愿服务所得", "earned by service"),
    "ticket": ("随手拍所得", "earned by tickets"),
}


@dataclass(frozen=True, slots=True)
class Line:
    """One row of the table; `points` is None where the step moves none."""

    zh: str
    en: str
    count: int
    points: int | None = None


def lines(district: str) -> list[Line]:
    """Who came, what was done, what it earned, and every kind of entry of the ledger."""
    return [*_people(district), *_deeds(district), *_decisions(district), *_entries(district)]


def _people(district: str) -> Iterator[Line]:
    for model, zh, en in (
        (Resident, "居民登录（人）", "residents signed in"),
        (StaffMember, "工作人员（人）", "members of staff"),
        (Clerk, "店员（人）", "clerks"),
        (Partner, "合作系统", "partners with a key"),
    ):
        yield Line(zh, en, _count(model, district))


def _deeds(district: str) -> Iterator[Line]:
    own, partner = Ticket.source == REPORTER, Ticket.source == PARTNER
    yield Line("申报的行为", "acts declared", _count(Act, district))
    yield Line("审核通过", "acts approved", _count(Act, district, Act.state == ActState.APPROVED))
    at_first = Act.state.not_in((ActState.DECLARED, ActState.APPROVED))
    yield Line("不予通过（附理由）", "acts refused", _count(Act, district, at_first))
    yield Line("申诉", "appeals", _count(Appeal, district))
    yield Line("申诉后改判", "refusals overturned", _count(Act, district, Act.state == ActState.OVERTURNED))
    yield Line("志愿服务签到", "service check-ins", _count(Attendance, district))
    confirmed = Attendance.confirmed_at.is_not(None)
    yield Line("队长确认的服务", "services confirmed", _count(Attendance, district, confirmed))
    yield Line("居民上报的工单", "tickets by residents", _count(Ticket, district, own))
    again = Ticket.duplicate_of.is_not(None)
    yield Line("其中重复上报", "of these, duplicates", _count(Ticket, district, and_(own, again)))
    yield Line("合作系统的工单", "tickets by partners", _count(Ticket, district, partner))
    imported = Ticket.source.not_in((REPORTER, PARTNER))
    yield Line("导入的工单", "tickets imported", _count(Ticket, district, imported))


def _decisions(district: str) -> Iterator[Line]:
    query = (
        select(Earning.kind, func.count(func.distinct(Earning.id)), func.sum(GrantRow.granted))
        .join(GrantRow, and_(GrantRow.district == Earning.district, GrantRow.earning == Earning.id))
        .where(Earning.district == district)
        .group_by(Earning.kind)
    )
    found = {kind: (count, points) for kind, count, points in db.session.execute(query)}
    for kind, names in DEEDS.items():
        if kind in found:
            yield Line(*names, int(found[kind][0]), int(found[kind][1]))
    cut = GrantRow.amount - GrantRow.granted
    grants = select(func.count(case((cut > 0, 1))), func.sum(cut)).where(GrantRow.district == district)
    count, points = db.session.execute(grants).one()
    yield Line("被上限截去", "cut by caps", int(count), int(points or 0))


def _entries(district: str) -> Iterator[Line]:
    query = (
        select(JournalEntry.kind, func.count(), func.sum(JournalEntry.amount))
        .where(JournalEntry.district == district)
        .group_by(JournalEntry.kind)
    )
    found = {kind: (int(count), int(points)) for kind, count, points in db.session.execute(query)}
    for kind, (zh, en) in ENTRIES.items():
        if kind in found:
            count, points = found[kind]
            yield Line(f"账本：{zh}", en, count, None if kind in WITHOUT_POINTS else points)


def _count(model: Any, district: str, which: ColumnElement[bool] | None = None) -> int:
    query = select(func.count()).select_from(model).where(model.district == district)
    return int(db.session.scalar(query if which is None else query.where(which)) or 0)
