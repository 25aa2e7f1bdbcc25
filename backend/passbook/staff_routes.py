"""The staff's side of earnings: seen whole, corrected or undone by two, appeals answered by another person."""

from __future__ import annotations

from typing import Any

from backend.kit.appeals.schemas import ExtensionBody
from backend.kit.auth import Caller
from backend.kit.db import rows
from backend.kit.http import Endpoints, Page, PageQuery, page_of
from backend.passbook import appeals, corrections, schemas, staff_view, turns
from backend.passbook.models import Correction

# ruff: noqa: A002 - `id` is the path's own word
__all__ = ["endpoints", "turns"]  # turns hears of corrections by the outbox alone
endpoints = Endpoints("staff_earnings", __name__, description="积分更正与申诉 · corrections and appeals")


@endpoints.endpoint("GET", "/staff/earnings/<id>", may="earnings.see", answer=schemas.StaffEarningSchema)
def see_earning_as_staff(caller: Caller, id: str) -> Any:
    """One earning as its resident sees it, and who decided on it."""
    return staff_view.earning(caller, id)


@endpoints.endpoint(
    "POST",
    "/staff/earnings/<id>/correction",
    may="earnings.reverse",
    body=schemas.CorrectionBody,
    answer=schemas.CorrectionSchema,
    status=201,
)
def ask_correction(caller: Caller, id: str, body: dict[str, Any]) -> Correction:
    """Ask to decide anew, because the deed was taken up wrongly; nothing changes before another confirms."""
    return corrections.ask(caller, id, corrections.CORRECTION, **body)


@endpoints.endpoint(
    "POST",
    "/staff/earnings/<id>/undoing",
    may="earnings.reverse",
    body=schemas.UndoingBody,
    answer=schemas.CorrectionSchema,
    status=201,
)
def ask_undoing(caller: Caller, id: str, body: dict[str, Any]) -> Correction:
    """Ask to undo an earning whole; nothing changes before another confirms."""
    return corrections.ask(caller, id, corrections.UNDOING, {}, **body)


@endpoints.endpoint(
    "GET", "/staff/corrections", may="earnings.see", query=PageQuery, answer=schemas.CorrectionPageSchema
)
def list_corrections(caller: Caller, query: dict[str, Any]) -> Page:
    """Corrections and undoings, newest first."""
    return page_of(rows(Correction, caller.district), Correction, **query)


@endpoints.endpoint("POST", "/staff/corrections/<id>/confirm", may="earnings.reverse", answer=schemas.CorrectionSchema)
def confirm_correction(caller: Caller, id: str) -> Correction:
    """Confirm as the second person; the difference is posted."""
    return corrections.confirm(caller, id)


@endpoints.endpoint(
    "POST",
    "/staff/corrections/<id>/decline",
    may="earnings.reverse",
    body=schemas.DecliningBody,
    answer=schemas.CorrectionSchema,
)
def decline_correction(caller: Caller, id: str, body: dict[str, Any]) -> Correction:
    """Let it be, with a reason; an appeal that it answers is open again."""
    return corrections.decline(caller, id, **body)


@endpoints.endpoint(
    "GET",
    "/staff/earning-appeals",
    may="earnings.see",
    query=schemas.AppealsQuery,
    answer=schemas.EarningAppealPageSchema,
)
def list_earning_appeals(caller: Caller, query: dict[str, Any]) -> Page:
    """Objections to earnings with their clocks, newest first."""
    return appeals.list_all(caller.district, **query)


@endpoints.endpoint(
    "POST",
    "/staff/earnings/<id>/appeal/extension",
    may="earnings.answer_appeal",
    body=ExtensionBody,
    answer=schemas.EarningAppealSchema,
)
def extend_earning_appeal(caller: Caller, id: str, body: dict[str, Any]) -> dict[str, Any]:
    """Take the longer term, because others must check."""
    return appeals.shown(appeals.extend(caller, id, **body))


@endpoints.endpoint(
    "POST",
    "/staff/earnings/<id>/appeal/answer",
    may="earnings.answer_appeal",
    body=schemas.EarningAppealAnswerBody,
    answer=schemas.EarningAppealSchema,
)
def answer_earning_appeal(caller: Caller, id: str, body: dict[str, Any]) -> dict[str, Any]:
    """Uphold the decision, or ask for its correction, which another person confirms."""
    return appeals.shown(appeals.answer(caller, id, **body))
