"""Shapes of what comes in: one way to say each, and nothing that only looks like it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from marshmallow import Schema, ValidationError, fields

from backend.kit.http import Body, Query
from backend.kit.http.shapes import Flag, Measured, PhotoIds, PlaceBody, Street, YesOrNo

ONE = "01930000-0000-7000-8000-000000000001"


@pytest.mark.parametrize(
    ("field", "given"),
    [
        (YesOrNo(), 1),
        (YesOrNo(), "true"),
        (Flag(), "1"),
        (Flag(), True),
        (Measured(0, 1), True),
        (Measured(0, 1), "0.5"),
        (Measured(0, 1), float("nan")),
        (Measured(0, 1), 1.5),
        (Street(), "3701120010"),
        (Street(), "370112００1"),
        (PhotoIds(0, 9), [ONE, ONE]),
        (PhotoIds(1, 9), []),
    ],
)
def test_what_only_looks_like_it_is_refused(field: fields.Field[Any], given: Any) -> None:
    with pytest.raises(ValidationError):
        field.deserialize(given)


def test_what_is_meant_is_read() -> None:
    assert YesOrNo().deserialize(False) is False
    assert Flag().deserialize("true") is True
    assert Measured(0, 1).deserialize(1) == 1.0
    assert PhotoIds(0, 9).deserialize([ONE]) == [ONE]
    assert PlaceBody().load({"lat": 36.7, "lon": 117, "datum": "gcj02"})["datum"] == "gcj02"


def test_no_schema_that_comes_in_reads_a_yes_by_hand(app: Flask) -> None:
    assert [
        f"{schema.__name__}.{name}"
        for base in (Body, Query)
        for schema in _below(base)
        for name, field in schema._declared_fields.items()
        if isinstance(field, fields.Boolean) and not isinstance(field, YesOrNo | Flag)
    ] == []


def _below(schema: type[Schema]) -> Iterator[type[Schema]]:
    for each in schema.__subclasses__():
        yield each
        yield from _below(each)
