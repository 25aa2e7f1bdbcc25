"""Acts over HTTP: declared and appealed by residents, decided by reviewers."""

from __future__ import annotations

from typing import Any

from backend.acts import appeals, reviewing, schemas, service
from backend.acts.views import seen, seen_page
from backend.kit.auth import Caller
from backend.kit.clock import now
from backend.kit.days import local_day
from backend.kit.http import Endpoints, Page, PageQuery

endpoints = Endpoints("acts", __name__, description="文明行为 · civil acts")


@endpoints.endpoint("POST", "/acts", may="acts.declare", body=schemas.ActBody, answer=schemas.ActSchema, status=201)
def declare_act(caller: Caller, body: dict[str, Any]) -> dict[str, Any]:
    """Declare a civil act, with photos."""
    return seen(caller, service.declare(caller, photo_ids=body.pop("photos"), **body))


@endpoints.endpoint("GET", "/acts", may="acts.declare", query=PageQuery, answer=schemas.ActPageSchema)
def list_own_acts(caller: Caller, query: dict[str, Any]) -> Page:
    """My acts, newest first."""
    return seen_page(caller, service.own_acts(caller, **query))


@endpoints.endpoint("GET", "/acts/categories", may="acts.see", answer=schemas.CategoriesSchema)
def list_act_categories(caller: Caller) -> dict[str, Any]:
    """What today's rules know as a civil act."""
    return {"items": list(service.categories(caller.district, local_day(now())))}


@endpoints.endpoint("GET", "/acts/<id>", may="acts.see", answer=schemas.ActSchema)
def see_act(caller: Caller, id: str) -> dict[str, Any]:  # noqa: A002 - the path's own word
    """One act: its resident's, or any for a reviewer."""
    return seen(caller, service.act_for(caller, id))


@endpoints.endpoint("GET", "/staff/acts", may="acts.review", query=schemas.StaffActsQuery, answer=schemas.ActPageSchema)
def list_acts_to_review(caller: Caller, query: dict[str, Any]) -> Page:
    """Acts of the district, all or in one state."""
    return seen_page(caller, service.acts_to_review(caller.district, **query))


@endpoints.endpoint("POST", "/acts/<id>/review", may="acts.review", body=schemas.ReviewBody, answer=schemas.ActSchema)
def review_act(caller: Caller, id: str, body: dict[str, Any]) -> dict[str, Any]:  # noqa: A002 - the path's own word
    """Approve an act, or refuse it with a reason."""
    return seen(caller, reviewing.review(caller, id, **body))


@endpoints.endpoint("POST", "/acts/<id>/appeal", may="acts.appeal", body=schemas.AppealBody, answer=schemas.ActSchema)
def appeal_act(caller: Caller, id: str, body: dict[str, Any]) -> dict[str, Any]:  # noqa: A002 - the path's own word
    """Object to a refusal; the answer has a clock."""
    return seen(caller, appeals.appeal(caller, id, **body))


@endpoints.endpoint(
    "POST",
    "/acts/<id>/appeal/extension",
    may="acts.answer_appeal",
    body=schemas.ExtensionBody,
    answer=schemas.ActSchema,
)
def extend_act_appeal(caller: Caller, id: str, body: dict[str, Any]) -> dict[str, Any]:  # noqa: A002 - the path's word
    """Take the longer term, because others must check."""
    return seen(caller, appeals.extend(caller, id, **body))


@endpoints.endpoint(
    "POST",
    "/acts/<id>/appeal/answer",
    may="acts.answer_appeal",
    body=schemas.AppealAnswerBody,
    answer=schemas.ActSchema,
)
def answer_act_appeal(caller: Caller, id: str, body: dict[str, Any]) -> dict[str, Any]:  # noqa: A002 - the path's word
    """Uphold a refusal or overturn it, as a second person."""
    return seen(caller, appeals.answer(caller, id, **body))
