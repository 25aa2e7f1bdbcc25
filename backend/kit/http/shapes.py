"""The bases of all schemas: what comes in refuses what it does not know, what goes out is ordered."""

from __future__ import annotations

import math
import re
from datetime import UTC
from typing import Any

from marshmallow import EXCLUDE, RAISE, Schema, ValidationError, fields, validate

from backend.kit.geo import Datum
from points.amounts import GRANT_CEILING
from points.ids import is_id


class Body(Schema):
    """A request's JSON body: unknown and read-only fields are refused."""

    class Meta:
        unknown = RAISE


class Query(Schema):
    """A request's query string: unknown names are refused."""

    class Meta:
        unknown = RAISE


class Answer(Schema):
    """What is sent out."""

    class Meta:
        unknown = EXCLUDE


class Id(fields.String):
    """A UUIDv7 in canonical form."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("metadata", {}).setdefault("format", "uuid")
        super().__init__(**kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        if not is_id(value):
            raise ValidationError("Not a UUIDv7.")
        return str(value)


class Points(fields.Integer):
    """Whole points, 1 to 10^6."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(strict=True, validate=validate.Range(1, GRANT_CEILING), **kwargs)

    def _validated(self, value: Any) -> int:
        return super()._validated(_whole(value))


class Whole(fields.Integer):
    """A whole number: no 3.9, no true, no text of digits."""

    def __init__(self, least: int, most: int, **kwargs: Any) -> None:
        super().__init__(strict=True, validate=validate.Range(least, most), **kwargs)

    def _validated(self, value: Any) -> int:
        return super()._validated(_whole(value))


def _whole(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise ValidationError("Not a whole number.")
    return value


class Count(fields.Integer):
    """A whole number in a query string: plain digits, no sign, no blank, none of other scripts."""

    def __init__(self, least: int, most: int, **kwargs: Any) -> None:
        super().__init__(validate=validate.Range(least, most), **kwargs)

    def _validated(self, value: Any) -> int:
        if not isinstance(value, str) or not re.fullmatch(r"[0-9]{1,16}", value):
            raise ValidationError("Not a whole number.")
        return int(value)


class Measured(fields.Float):
    """A measured number in a range: no text, no true, nothing infinite."""

    def __init__(self, least: float, most: float, **kwargs: Any) -> None:
        super().__init__(validate=validate.Range(least, most), **kwargs)

    def _validated(self, value: Any) -> float:
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
            raise ValidationError("Not a number.")
        return float(value)


class YesOrNo(fields.Boolean):
    """true or false: no 1, no text."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> bool:
        if not isinstance(value, bool):
            raise ValidationError("Not true or false.")
        return value


class Flag(fields.Boolean):
    """The words true or false in a query string."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> bool:
        if value not in ("true", "false"):
            raise ValidationError("Not true or false.")
        return bool(value == "true")


class PlaceBody(Body):
    """A spot on the map as a phone or a person gives it, in the system of coordinates it names."""

    lat = Measured(-90, 90, required=True)
    lon = Measured(-180, 180, required=True)
    datum = fields.Enum(
        Datum, by_value=True, required=True, metadata={"description": "gcj02 is what phones in China give"}
    )


class Street(fields.String):
    """The code of a street: nine digits."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(validate=validate.Regexp(r"^[0-9]{9}\Z"), **kwargs)


def each_once(values: list[str]) -> None:
    """For lists of names or ids: nothing stands in it twice."""
    if len(set(values)) != len(values):
        raise ValidationError("Something is named twice.")


class PhotoIds(fields.List[str]):
    """The ids of photos, each once."""

    def __init__(self, least: int, most: int, **kwargs: Any) -> None:
        super().__init__(Id(), validate=[validate.Length(least, most), each_once], **kwargs)


_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")


class Text(fields.String):
    """Text a person wrote: trimmed, of bounded length, without control characters."""

    def __init__(self, least: int, most: int, **kwargs: Any) -> None:
        super().__init__(validate=validate.Length(least, most), **kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        text = str(super()._deserialize(value, attr, data, **kwargs)).strip()
        if _CONTROL.search(text):
            raise ValidationError("Holds control characters.")
        return text


class Time(fields.AwareDateTime):
    """An ISO 8601 time with an offset; UTC inside."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(format="iso", **kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        read = super()._deserialize(value, attr, data, **kwargs)
        if not 2000 <= read.year <= 2200:
            raise ValidationError("Not a time this service can mean.")
        return read.astimezone(UTC)
