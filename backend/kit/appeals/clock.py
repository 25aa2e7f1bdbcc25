"""The clock of an objection, the same for everything that can be appealed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from flask import current_app
from sqlalchemy import Boolean, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from backend.kit import audit
from backend.kit.clock import now
from backend.kit.days import end_of_working_day
from backend.kit.db import Moment, db, rows, transaction
from points.errors import Category, kind

APPEAL_TOO_LATE = kind(
    "appeal_too_late",
    Category.GONE,
    zh="申诉须在决定后 {days} 天内提出。",
    en="An appeal is made within {days} days of the decision.",
)
SAME_REVIEWER = kind(
    "same_reviewer",
    Category.FORBIDDEN,
    zh="申诉须由另一位审核人答复。",
    en="An appeal is answered by another person than the first reviewer.",
)
ALREADY_EXTENDED = kind(
    "appeal_already_extended",
    Category.CONFLICT,
    zh="答复期限只能延长一次。",
    en="The term for the answer was extended before.",
)
APPEAL_OVERDUE = kind(
    "appeal_overdue",
    Category.CONFLICT,
    zh="已超过答复期限，不能再延长，请尽快答复。",
    en="The answer is overdue; the term cannot be extended any more.",
)
OWN_CLAIM = kind(
    "own_claim",
    Category.FORBIDDEN,
    zh="不能审核本人的申报。",
    en="Nobody decides on a claim of their own.",
)
_FACTS = (
    "text",
    "made_at",
    "answer_due_at",
    "others_must_check",
    "extension_reason",
    "decision",
    "reason",
    "answered_at",
    "escalated_at",
)


class Objection:
    """What a table of appeals has in common: the text, the clock, and the answer."""

    text: Mapped[str] = mapped_column(Text)
    made_at: Mapped[datetime] = mapped_column(Moment)
    answer_due_at: Mapped[datetime] = mapped_column(Moment)
    others_must_check: Mapped[bool] = mapped_column(Boolean, default=False)
    extension_reason: Mapped[str | None] = mapped_column(Text)
    decision: Mapped[str | None] = mapped_column(String(20))
    reason: Mapped[str | None] = mapped_column(Text)
    answerer: Mapped[str | None] = mapped_column(String(60))
    answered_at: Mapped[datetime | None] = mapped_column(Moment)
    escalated_at: Mapped[datetime | None] = mapped_column(Moment)
    """When an answer that did not come in time was put before those above."""


def may_object_until(decided_at: datetime) -> datetime:
    """The last moment to appeal a decision."""
    return decided_at + timedelta(days=_terms().file_within_days)


def check_in_time(decided_at: datetime | None) -> None:
    """Refused with `appeal_too_late` past the last moment, or where nothing was decided."""
    if decided_at is None or now() > may_object_until(decided_at):
        raise APPEAL_TOO_LATE(days=_terms().file_within_days)


def started(text: str) -> dict[str, Any]:
    """The columns of a fresh objection: made now, to be answered within 3 working days."""
    due = end_of_working_day(now(), _terms().working_days)
    return {"text": text, "made_at": now(), "answer_due_at": due, "others_must_check": False}


def extended(made: Objection, reason: str) -> None:
    """Others must check: 7 working days from the appeal. Refused: `appeal_already_extended`, `appeal_overdue`."""
    if made.others_must_check:
        raise ALREADY_EXTENDED()
    if now() > made.answer_due_at:
        raise APPEAL_OVERDUE()
    made.others_must_check, made.extension_reason = True, reason
    due = end_of_working_day(made.made_at, _terms().working_days_when_others_must_check)
    made.answer_due_at = max(due, made.answer_due_at)


def answered(made: Objection, decision: str, reason: str, answerer: str) -> None:
    """Write the answer down, whenever it comes."""
    proposed(made, decision, reason, answerer)
    confirmed(made, decision)


def proposed(made: Objection, decision: str, reason: str, answerer: str) -> None:
    """Write down an answer that another person must confirm; the clock runs on until then."""
    made.decision, made.reason, made.answerer = decision, reason, answerer


def confirmed(made: Objection, decision: str) -> None:
    """What was proposed stands; the clock stops."""
    made.decision, made.answered_at = decision, now()


def reopened(made: Objection) -> None:
    """What was proposed does not stand: another answer is due, by the same clock. The caller keeps the old one."""
    made.decision = made.reason = made.answerer = made.answered_at = None


def is_overdue(made: Objection) -> bool:
    """Whether the answer came, or still is, after its time."""
    return (made.answered_at or now()) > made.answer_due_at


def shown(made: Objection) -> dict[str, Any]:
    """An objection as both sides see it; who answered is not in it."""
    return {**{fact: getattr(made, fact) for fact in _FACTS}, "overdue": is_overdue(made)}


def escalate(district: str, model: type[Any], action: str, subject_of: Callable[[Any], str]) -> int:
    """Mark each overdue objection of a table once, with an audit line; answers how many."""
    query = rows(model, district).where(
        model.answered_at.is_(None), model.escalated_at.is_(None), model.answer_due_at < now()
    )
    if db.session.scalar(query.limit(1)) is None:
        return 0
    with transaction() as session:
        found = list(session.scalars(query.order_by(model.id).limit(200).with_for_update()))
        for made in found:
            made.escalated_at = now()
            audit.record(district, "worker", action, subject_of(made), due=made.answer_due_at.isoformat())
    return len(found)


def _terms() -> Any:
    return current_app.extensions["civic_settings"].appeals
