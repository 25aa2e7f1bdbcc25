"""Lists, a page at a time: `{items, next_cursor}`, newest first by the time-ordered id."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from marshmallow import Schema, fields
from sqlalchemy import Select

from backend.kit.db import DistrictRow, db
from backend.kit.http.shapes import Answer, Count, Id, Query


@dataclass(frozen=True)
class Page:
    """One page of rows and where the next begins."""

    items: list[Any]
    next_cursor: str | None


class PageQuery(Query):
    cursor = Id(load_default=None, allow_none=False)
    limit = Count(1, 200, load_default=50)


def page_of(query: Select[Any], model: type[DistrictRow], cursor: str | None, limit: int) -> Page:
    """Rows of `query` newest first, after `cursor` (the last id of the page before)."""
    if cursor is not None:
        query = query.where(model.id < cursor)
    found = list(db.session.scalars(query.order_by(model.id.desc()).limit(limit + 1)))
    more = len(found) > limit
    return Page(found[:limit], found[limit - 1].id if more else None)


def page_schema(item: type[Schema]) -> type[Schema]:
    """The schema of a page of `item`."""
    made: type[Schema] = type(
        item.__name__.removesuffix("Schema") + "Page",
        (Answer,),
        {
            "items": fields.List(fields.Nested(item), required=True),
            "next_cursor": fields.String(allow_none=True, required=True),
        },
    )
    return made
