"""The short way through a schema loads and dumps what marshmallow would, and leaves the rest to it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from marshmallow import Schema, ValidationError, fields, post_load

import backend.features  # noqa: F401 - all schemas there are
from backend.kit.http import Answer, Body
from backend.kit.http.shapes import Id, Text, Whole
from backend.kit.http.straight import dumper, loader
from tests.app import NOON


def _all(base: type[Schema]) -> Iterator[type[Schema]]:
    for one in base.__subclasses__():
        yield one
        yield from _all(one)


BODIES = sorted((one for one in _all(Body) if one.__module__.startswith("backend")), key=lambda one: one.__qualname__)
VALUES = [0, 1, -1, 3.9, 10**7, True, False, None, "", " 泉 ", "x" * 400, "13800001111", "2026-11-20T12:00:00+08:00"]
VALUES += ["370112001", "gcj02", "01a204b2-40fa-795f-b64c-87aaccd5e3b8", [], ["01a204b2-40fa-795f-b64c-87aaccd5e3b8"]]
VALUES += [{}, {"zh": "帆布袋", "en": "a bag"}, "day", "approved", "resident", "merchant", 36.6, 117.1]


@given(st.data())
def test_a_body_is_loaded_the_short_way_as_marshmallow_loads_it(data: st.DataObject) -> None:
    schema = data.draw(st.sampled_from(BODIES))()
    names = [field.data_key or name for name, field in schema.load_fields.items()]
    names_given = st.sampled_from([*names, *names, *names, "unknown"])
    given_: Any = data.draw(st.dictionaries(names_given, st.sampled_from(VALUES)) | st.sampled_from(VALUES))
    load = loader(schema)
    if load is None:
        return
    try:
        expected = schema.load(given_)
    except ValidationError:
        expected = None
    assert load(given_) == expected


def test_most_bodies_go_the_short_way() -> None:
    assert len(BODIES) > 40
    assert sum(loader(body()) is not None for body in BODIES) > len(BODIES) / 2


class Hooked(Body):
    text = Text(1, 5)

    @post_load
    def shout(self, loaded: dict[str, Any], **_: Any) -> dict[str, Any]:
        return loaded | {"text": "!"}


class Renamed(Body):
    text = Text(1, 5, data_key="said", attribute="heard", required=True)
    number = Whole(1, 9, load_default=7)


class Inner(Body):
    text = Text(1, 5, attribute="deep.inside")


@pytest.mark.parametrize("schema", [Hooked, Inner])
def test_a_schema_that_does_more_than_its_fields_goes_the_long_way(schema: type[Schema]) -> None:
    assert loader(schema()) is None


def test_names_and_defaults_are_kept() -> None:
    load = loader(Renamed())
    assert load is not None
    assert load({"said": "泉"}) == {"heard": "泉", "number": 7}
    assert load({"said": "泉", "number": 3}) == {"heard": "泉", "number": 3}
    assert [load(wrong) for wrong in ({}, {"said": ""}, {"heard": "泉"}, {"said": "泉", "more": 1}, [], None)] == [
        None
    ] * 6


class ThingSchema(Answer):
    id = Id(required=True)
    at = fields.AwareDateTime()
    number = fields.Integer(attribute="count")
    said = fields.String(allow_none=True, data_key="told")
    missing = fields.String(dump_default="默认")


@dataclass
class Thing:
    id: str
    at: datetime
    count: int
    said: str | None


@pytest.mark.parametrize("said", [None, "泉"])
@pytest.mark.parametrize("at", [NOON, datetime(2026, 1, 1, tzinfo=UTC)])
def test_an_answer_is_dumped_the_short_way_as_marshmallow_dumps_it(said: str | None, at: datetime) -> None:
    thing, schema = Thing("01a204b2-40fa-795f-b64c-87aaccd5e3b8", at, 3, said), ThingSchema()
    assert dumper(schema)(thing) == schema.dump(thing)
    whole = ThingSchema(exclude=["missing"])
    assert dumper(whole)(thing) == whole.dump(thing)
    as_rows = {"id": thing.id, "at": at, "count": 3, "said": said}
    assert dumper(whole)(as_rows) == whole.dump(as_rows)
