"""The end of the story: the ledger is verified, and a table counts what is in the books."""

from __future__ import annotations

import time

from rich.table import Table
from sqlalchemy import func, select

from backend.acts.models import Act
from backend.cli.demo.story import Story
from backend.journal import service as journal
from backend.journal.check import compare
from backend.journal.models import JournalEntry
from backend.kit.db import db
from backend.passbook.models import Earning, GrantRow
from backend.tickets.models import Ticket
from backend.volunteering.attendance.models import Attendance
from backend.wiring import ledger

NAMES = {
    "top_up": ("资金注入", "fund topped up"),
    "earn": ("积分发放", "points granted"),
    "hold": ("兑换预留", "points held"),
    "capture": ("商户核销", "rewards captured"),
    "settle": ("商户结算", "merchant settled"),
    "set_offer": ("奖品发布", "offers published"),
    "adjust_stock": ("库存调整", "stock adjusted"),
}


def verified(story: Story) -> bool:
    """Verify ledger and journal, and print the table; answers whether all holds."""
    with story.in_service():
        _await_journal(story.district)
        result = compare(story.district)
        rows = _counts(story.district)
        head = ledger(story.district).head()
    story.chapter(11, "核对", "Verification")
    story.console.print(f"   {result.line}")
    table = Table("", "", "count", "points", title="本次演示 · this demonstration", show_edge=False)
    for zh, en, count, points in rows:
        table.add_row(zh, en, f"{count:,}", "" if points is None else f"{points:,}")
    story.console.print(table)
    story.console.print(f"   账本末笔 · ledger head: {head.number} {head.hash}")
    return result.holds


def _await_journal(district: str) -> None:
    for _ in range(300):
        db.session.rollback()
        if journal.head_number(district) == ledger(district).head().number:
            return
        time.sleep(0.1)


def _counts(district: str) -> list[tuple[str, str, int, int | None]]:
    found: list[tuple[str, str, int, int | None]] = []
    for model, zh, en in (
        (Act, "申报的行为", "acts declared"),
        (Attendance, "志愿服务签到", "attendances"),
        (Ticket, "工单(含导入)", "tickets, imported ones too"),
        (Earning, "规则作出的决定", "decisions"),
    ):
        count = db.session.scalar(select(func.count()).select_from(model).where(model.district == district))
        found.append((zh, en, int(count or 0), None))
    grants = select(func.count(), func.sum(GrantRow.amount - GrantRow.granted)).where(
        GrantRow.district == district, GrantRow.granted < GrantRow.amount
    )
    count, cut = db.session.execute(grants).one()
    found.append(("被上限截去", "cut by caps", int(count), int(cut or 0)))
    kinds = (
        select(JournalEntry.kind, func.count(), func.sum(JournalEntry.amount))
        .where(JournalEntry.district == district)
        .group_by(JournalEntry.kind)
        .order_by(func.min(JournalEntry.number))
    )
    for kind, number, amount in db.session.execute(kinds):
        zh, en = NAMES.get(kind, (kind, kind))
        found.append((zh, en, int(number), int(amount or 0)))
    return found
