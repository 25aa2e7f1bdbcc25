"""The worker's table: what is done, for which district, how often."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from backend.journal.projector import project_all
from backend.kit import outbox
from backend.kit.observe import WAITING
from backend.passbook import due, earn
from backend.volunteering.attendance.service import close_forgotten, forget_positions


@dataclass(frozen=True)
class Job:
    """One line of the table. Doing it twice, or by two workers at once, does no harm."""

    name: str
    every_seconds: float
    work: Callable[[str], object]
    """Called with the district."""


def deliver(_district: str) -> int:
    """Deliver what the outbox holds; the number of rows that wait is a metric."""
    done = 0
    while delivered := outbox.deliver_due():
        done += delivered
    WAITING.set(outbox.waiting())
    return done


FOR_ALL = (Job("outbox", 0.5, deliver),)
FOR_EACH_DISTRICT = (
    Job("journal", 0.2, project_all),
    Job("ledger sweep", 5, due.sweep),
    Job("deeds without rules", 60, earn.decide_waiting),
    Job("forgotten check-outs", 60, close_forgotten),
    Job("positions kept too long", 3600, forget_positions),
)
