"""The end of the story: the ledger is verified, and a table counts what is in the books."""

from __future__ import annotations

import time
from collections import Counter

from rich.table import Table

from backend.cli.demo.counting import Line, lines
from backend.cli.demo.story import Story
from backend.journal import service as journal
from backend.journal.check import compare
from backend.kit.db import db
from backend.wiring import ledger

TITLE = "本次演示 · this demonstration"


def verified(story: Story) -> bool:
    """Verify ledger and journal, and print the table; answers whether all holds."""
    with story.in_service():
        _await_journal(story.district)
        result = compare(story.district)
        found = lines(story.district)
        head = ledger(story.district).head()
    story.chapter(11, "核对", "Verification")
    story.console.print(f"   {result.line}")
    story.console.print(_table(found + _refusals(story)))
    story.console.print(f"   账本末笔 · ledger head: {head.number} {head.hash}")
    return result.holds


def _await_journal(district: str) -> None:
    for _ in range(300):
        db.session.rollback()
        if journal.head_number(district) == ledger(district).head().number:
            return
        time.sleep(0.1)


def _refusals(story: Story) -> list[Line]:
    """Refusals leave nothing in the books; these are the answers that came in this telling."""
    return [Line(f"被拒绝：{what}", code, count) for (what, code), count in Counter(story.refusals).items()]


def _table(found: list[Line]) -> Table:
    table = Table("项目", "item", title=TITLE, show_edge=False)
    table.add_column("次数 · count", justify="right")
    table.add_column("积分 · points", justify="right")
    for line in found:
        table.add_row(line.zh, line.en, f"{line.count:,}", "" if line.points is None else f"{line.points:,}")
    return table
