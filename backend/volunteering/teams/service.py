"""The staff found teams and stations; who leads a team is a leader."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from backend.kit import audit
from backend.kit.auth import Caller, Role, role_holder
from backend.kit.clock import fresh_id, now
from backend.kit.db import NOT_FOUND, db, find, rows, transaction
from backend.kit.http import Page, page_of
from backend.passbook.subjects import subject
from backend.places.service import street_of
from backend.residents.models import Resident
from backend.volunteering import check_in_points as spots
from backend.volunteering.teams.models import Station, Team
from points.errors import Category, Kind, kind

TEAM_NAME_TAKEN = kind(
    "team_name_taken", Category.CONFLICT, zh="已有同名的志愿服务队。", en="There is a team of this name already."
)
STATION_NAME_TAKEN = kind(
    "station_name_taken", Category.CONFLICT, zh="已有同名的站点。", en="There is a station of this name already."
)
LEADER_UNKNOWN = kind(
    "leader_unknown",
    Category.INVALID,
    zh="本区没有这位居民。",
    en="The district has no such resident to lead the team.",
)
STATION_UNKNOWN = kind(
    "station_unknown", Category.INVALID, zh="本区没有这个站点。", en="The district has no such station."
)


def found_team(caller: Caller, name: str, street: str, leader: str) -> Team:
    """A new team, led by a resident; refused with `street_unknown`, `leader_unknown`, `team_name_taken`."""
    with transaction() as session:
        street_of(caller.district, street)
        find(Resident, caller.district, leader, missing=LEADER_UNKNOWN)
        team = Team(district=caller.district, id=fresh_id(), name=name, street=street, leader=leader, created_at=now())
        _add(session, team, TEAM_NAME_TAKEN)
        audit.record(caller.district, caller.name, "team.founded", f"team:{team.id}", leader=f"resident:{leader}")
    return team


def found_station(caller: Caller, name: str, street: str, check_in_points: list[dict[str, Any]]) -> Station:
    """A new station; refused with `street_unknown` or `station_name_taken`."""
    with transaction() as session:
        street_of(caller.district, street)
        station = Station(
            district=caller.district,
            id=fresh_id(),
            name=name,
            street=street,
            check_in_points=spots.stored(check_in_points),
            created_at=now(),
        )
        _add(session, station, STATION_NAME_TAKEN)
        audit.record(caller.district, caller.name, "station.founded", f"station:{station.id}")
    return station


def teams(caller: Caller, cursor: str | None, limit: int, led_by_me: bool) -> Page:
    """The teams of the district, or those the caller leads."""
    query = rows(Team, caller.district)
    if led_by_me:
        query = query.where(Team.leader == caller.id)
    return page_of(query, Team, cursor, limit)


def stations(caller: Caller, cursor: str | None, limit: int) -> Page:
    return page_of(rows(Station, caller.district), Station, cursor, limit)


def led_team(caller: Caller, team: str) -> Team:
    """The team, to its leader only; for everybody else it is not there."""
    found = find(Team, caller.district, team)
    if caller.kind != "resident" or found.leader != caller.id:
        raise NOT_FOUND()
    return found


def station_of(district: str, station: str) -> Station:
    """A station somebody named; refused with `station_unknown`."""
    return find(Station, district, station, missing=STATION_UNKNOWN)


@role_holder(Role.LEADER)
def leads_a_team(district: str, resident: str) -> bool:
    """Whether a resident leads at least one team now."""
    return db.session.scalar(rows(Team, district).where(Team.leader == resident).limit(1)) is not None


@subject("team")
def team_names(district: str, teams: Collection[str]) -> dict[str, str]:
    """What those of these teams that the district has are called, by id."""
    return {team.id: team.name for team in db.session.scalars(rows(Team, district).where(Team.id.in_(teams)))}


def _add(session: Session, row: Team | Station, taken: Kind) -> None:
    """Add a row whose name must be new; two at once are told apart by the table itself."""
    try:
        with session.begin_nested():
            session.add(row)
    except IntegrityError:
        raise taken() from None
