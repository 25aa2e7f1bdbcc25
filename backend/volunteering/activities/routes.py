"""Activities: planned by a leader, seen by all who are signed in; and the code for the screen at the place."""

from __future__ import annotations

from typing import Any

from backend.kit.auth import Caller
from backend.kit.http import Endpoints, Page
from backend.volunteering.activities import schemas, service
from backend.volunteering.activities.codes import Shown

endpoints = Endpoints("activities", __name__, description="志愿服务活动 · volunteer activities")


@endpoints.endpoint(
    "POST",
    "/activities",
    may="activities.plan",
    body=schemas.ActivityBody,
    answer=schemas.PlannedSchema,
    status=201,
)
def plan_activity(caller: Caller, body: dict[str, Any]) -> service.Planned:
    """Plan an activity of the team one leads, with all its shifts."""
    return service.plan(caller, **body)


@endpoints.endpoint(
    "GET", "/activities", may="activities.see", query=schemas.ActivitiesQuery, answer=schemas.ActivityPageSchema
)
def list_activities(caller: Caller, query: dict[str, Any]) -> Page:
    """The activities of the district, newest first."""
    return service.activities(caller, **query)


@endpoints.endpoint("GET", "/activities/<activity>", may="activities.see", answer=schemas.PlannedSchema)
def see_activity(caller: Caller, activity: str) -> service.Planned:
    """One activity: what is done, what the risks are, and the shifts with their free places."""
    return service.planned(caller, activity)


@endpoints.endpoint("GET", "/shifts/<shift>/code", may="shifts.confirm", answer=schemas.ShownCodeSchema)
def see_code(caller: Caller, shift: str) -> Shown:
    """The code to show at the place now; it changes every 30 seconds."""
    return service.code_now(caller, shift)
