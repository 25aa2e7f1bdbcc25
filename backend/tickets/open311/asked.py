"""What a GeoReport caller asks for: form and query fields, read once and strictly."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from werkzeug.datastructures import MultiDict

from backend.kit.clock import now
from backend.kit.geo import Datum
from backend.places.service import communities, streets
from backend.tickets.classes import book
from backend.tickets.service import Given, Report
from backend.wiring import settings
from points.errors import Category, kind
from points.ids import is_id

FIELD_WRONG = kind(
    "open311_field_wrong",
    Category.INVALID,
    zh="参数 {field} 有误。",
    en="The parameter {field} is missing or wrong: {why}.",
)
SERVICE_UNKNOWN = kind(
    "open311_service_unknown",
    Category.NOT_FOUND,
    zh="没有这个 service_code。",
    en="The service_code was not found.",
)
JURISDICTION_UNKNOWN = kind(
    "open311_jurisdiction_unknown",
    Category.NOT_FOUND,
    zh="没有这个 jurisdiction_id。",
    en="The jurisdiction_id was not found.",
)
MOST_ROWS, MOST_DAYS = 1_000, 90
_MOST_IDS, _LONGEST = 1_000, 4_000
_UNREADABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufffd\ud800-\udfff\ufffe\uffff]")


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which requests are asked for; `ids` overrides all else."""

    ids: tuple[str, ...] | None
    categories: tuple[str, ...] | None
    statuses: frozenset[str]
    since: datetime
    until: datetime


def fields_of(given: MultiDict[str, str]) -> dict[str, str]:
    """The fields that are not empty, trimmed; refused with `open311_field_wrong` when one is given twice or is
    unreadable."""
    found: dict[str, str] = {}
    for name, values in given.lists():
        if len(values) > 1:
            raise FIELD_WRONG(field=name[:60], why="it is given more than once")
        text = values[0].strip()
        if _UNREADABLE.search(text) or _UNREADABLE.search(name):
            raise FIELD_WRONG(field=_UNREADABLE.sub("?", name)[:60], why="it is no readable UTF-8 text")
        if text:
            found[name] = text
    return found


def district_of(fields: Mapping[str, str]) -> str:
    """The district that `jurisdiction_id` names; the first of the service when it names none."""
    known = settings().service.districts
    wanted = fields.get("jurisdiction_id", known[0])
    if wanted not in known:
        raise JURISDICTION_UNKNOWN()
    return wanted


def report_of(district: str, fields: Mapping[str, str]) -> Report:
    """The report in a POST. What the standard lets a caller say of persons, and its media_url, is not kept."""
    if "service_code" not in fields:
        raise FIELD_WRONG(field="service_code", why="it is needed")
    found = book().class_coded(fields["service_code"])
    if found is None:
        raise SERVICE_UNKNOWN()
    street, named = _named_place(district, fields.get("address_id"))
    address = _bounded(fields, "address_string", 200) or named
    position = _position(fields)
    if position is None and address is None:
        raise FIELD_WRONG(field="lat, long", why="lat and long, address_string or address_id is needed")
    return Report(found.name, _bounded(fields, "description", _LONGEST), position, street, address)


def wanted_of(fields: Mapping[str, str]) -> Wanted:
    """The filters of a list: the last 90 days unless said otherwise, and never more than 90."""
    ids = _listed(fields, "service_request_id")
    codes = _listed(fields, "service_code")
    statuses = frozenset(_listed(fields, "status") or ("open", "closed"))
    if not statuses <= {"open", "closed"}:
        raise FIELD_WRONG(field="status", why="it is open, closed or both")
    since, until = _time(fields, "start_date"), _time(fields, "end_date")
    span = timedelta(days=MOST_DAYS)
    if until is None:
        until = since + span if since else now()
    since = since or until - span
    if not timedelta(0) <= until - since <= span:
        raise FIELD_WRONG(field="start_date, end_date", why=f"they are in order and at most {MOST_DAYS} days apart")
    known = None if codes is None else tuple(c.name for c in map(book().class_coded, codes) if c is not None)
    return Wanted(None if ids is None else tuple(i for i in ids if is_id(i)), known, statuses, since, until)


def _listed(fields: Mapping[str, str], name: str) -> list[str] | None:
    if name not in fields:
        return None
    words = [word.strip() for word in fields[name].split(",")]
    if len(words) > _MOST_IDS:
        raise FIELD_WRONG(field=name, why=f"it names at most {_MOST_IDS}")
    return words


def _time(fields: Mapping[str, str], name: str) -> datetime | None:
    if name not in fields:
        return None
    try:
        at = datetime.fromisoformat(fields[name].replace(" ", "+"))  # a plus sign that was not escaped
    except ValueError:
        at = datetime(1, 1, 1)  # noqa: DTZ001 - refused below like any time without a zone
    if at.tzinfo is None or not 1990 <= at.year <= 2200:
        raise FIELD_WRONG(field=name, why="it is a W3C time with a zone, such as 2026-11-20T12:00:00+08:00")
    return at


def _bounded(fields: Mapping[str, str], name: str, most: int) -> str | None:
    text = fields.get(name)
    if text is not None and len(text) > most:
        raise FIELD_WRONG(field=name, why=f"it has at most {most} characters")
    return text


def _position(fields: Mapping[str, str]) -> Given | None:
    """WGS84, as the standard has it; both or none."""
    if "lat" not in fields and "long" not in fields:
        return None
    return Given(_degrees(fields, "lat", 90), _degrees(fields, "long", 180), Datum.WGS84)


def _degrees(fields: Mapping[str, str], name: str, most: int) -> float:
    try:
        value = float(fields[name])
    except (KeyError, ValueError):
        value = math.nan
    if not -most <= value <= most:
        raise FIELD_WRONG(field=name, why=f"it is a number from -{most} to {most}")
    return value


def _named_place(district: str, code: str | None) -> tuple[str | None, str | None]:
    """An `address_id` is the code of a street or of a community: its street, and its name."""
    if code is None:
        return None, None
    places: list[Any] = [*streets(district), *communities(district)]
    name = next((place.name for place in places if place.code == code), None)
    if name is None:
        raise FIELD_WRONG(field="address_id", why="it is the code of a street or community of the district")
    return code[:9], name
