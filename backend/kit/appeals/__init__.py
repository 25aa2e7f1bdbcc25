"""Objections with a clock: made in time, answered by another person within working days, escalated when overdue."""

from backend.kit.appeals.clock import (
    APPEAL_TOO_LATE,
    OWN_CLAIM,
    SAME_REVIEWER,
    Objection,
    answered,
    check_in_time,
    confirmed,
    escalate,
    extended,
    is_overdue,
    may_object_until,
    proposed,
    reopened,
    shown,
    started,
)

__all__ = [
    "APPEAL_TOO_LATE",
    "OWN_CLAIM",
    "SAME_REVIEWER",
    "Objection",
    "answered",
    "check_in_time",
    "confirmed",
    "escalate",
    "extended",
    "is_overdue",
    "may_object_until",
    "proposed",
    "reopened",
    "shown",
    "started",
]
