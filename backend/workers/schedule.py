"""The worker's table: what is done, for which district, how often."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from backend.acts.appeals import escalate_overdue as escalate_act_appeals
from backend.journal.archive import carry_on_if_set
from backend.journal.following import keep_up
from backend.journal.forgetting import forget_old
from backend.journal.roots.making import make_due
from backend.kit import outbox
from backend.kit.http.idempotency import forget_answers
from backend.passbook import due, earn, redeeming, referrals
from backend.passbook.appeals import escalate_overdue as escalate_earning_appeals
from backend.volunteering.attendance.service import close_forgotten, forget_positions


@dataclass(frozen=True)
class Job:
    """One line of the table. Doing it twice, or by two workers at once, does no harm."""

    name: str
    every_seconds: float
    work: Callable[[str], object]
    """Called with the district."""


def deliver(_district: str) -> int:
    """Deliver what the outbox holds."""
    done = 0
    while delivered := outbox.deliver_due():
        done += delivered
    return done


FOR_ALL = (Job("outbox", 0.5, deliver),)
FOR_EACH_DISTRICT = (
    Job("ledger sweep", 5, due.sweep),
    Job("deeds without rules", 60, earn.decide_waiting),
    Job("referrals", 60, referrals.follow),
    Job("rules of redeeming", 60, redeeming.keep),
    Job("redemptions that ended", 600, redeeming.settle),
    Job("overdue appeals of acts", 60, escalate_act_appeals),
    Job("overdue appeals of earnings", 60, escalate_earning_appeals),
    Job("forgotten check-outs", 60, close_forgotten),
    Job("positions kept too long", 3600, forget_positions),
    Job("archive", 60, carry_on_if_set),
    Job("daily roots", 300, make_due),
    Job("old ids", 3600, forget_old),
    Job("old answers", 3600, forget_answers),
)
WITHOUT_PAUSE = Job("journal", 0.1, keep_up)
"""Has a thread for each district: it waits for the next entry by itself; the pause lets many share a commit."""
