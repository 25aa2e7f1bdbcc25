"""Teams and stations: founded by the staff, seen by all who are signed in."""

from __future__ import annotations

from typing import Any

from backend.kit.auth import Caller
from backend.kit.http import Endpoints, Page, PageQuery
from backend.volunteering.teams import schemas, service
from backend.volunteering.teams.models import Station, Team

endpoints = Endpoints("teams", __name__, description="志愿服务队与站点 · volunteer teams and stations")


@endpoints.endpoint(
    "POST", "/staff/teams", may="teams.found", body=schemas.TeamBody, answer=schemas.FoundedTeamSchema, status=201
)
def found_team(caller: Caller, body: dict[str, Any]) -> Team:
    """Found a team with its leader."""
    return service.found_team(caller, **body)


@endpoints.endpoint(
    "POST",
    "/staff/stations",
    may="stations.found",
    body=schemas.StationBody,
    answer=schemas.StationSchema,
    status=201,
)
def found_station(caller: Caller, body: dict[str, Any]) -> Station:
    """Found a station with its check-in points."""
    return service.found_station(caller, **body)


@endpoints.endpoint("GET", "/teams", may="teams.see", query=schemas.TeamsQuery, answer=schemas.TeamPageSchema)
def list_teams(caller: Caller, query: dict[str, Any]) -> Page:
    """The teams of the district, newest first."""
    return service.teams(caller, **query)


@endpoints.endpoint("GET", "/stations", may="teams.see", query=PageQuery, answer=schemas.StationPageSchema)
def list_stations(caller: Caller, query: dict[str, Any]) -> Page:
    """The stations of the district, newest first."""
    return service.stations(caller, **query)
