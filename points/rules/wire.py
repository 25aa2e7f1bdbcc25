"""Step: events, facts and decisions to JSON values and back, exactly, driven by their own types."""

from __future__ import annotations

import types
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import UTC, datetime
from decimal import Decimal
from enum import Enum
from functools import lru_cache
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

from points.rules.texts import plain

T = TypeVar("T")


def pack_value(value: Any) -> Any:  # noqa: PLR0911 - one line a type
    """A frozen dataclass, named tuple, time, decimal or mapping as JSON values."""
    if is_dataclass(value) and not isinstance(value, type):
        return {each.name: pack_value(getattr(value, each.name)) for each in fields(value)}
    if isinstance(value, tuple) and hasattr(value, "_fields"):
        return {name: pack_value(part) for name, part in zip(value._fields, value, strict=True)}
    if isinstance(value, Decimal):
        return plain(value)
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, Mapping):
        return {str(key): pack_value(part) for key, part in value.items()}
    if isinstance(value, (list, tuple)):
        return [pack_value(part) for part in value]
    return value


def unpack(kind: type[T], value: Any) -> T:
    """The dataclass or named tuple of that type from its JSON values; ValueError for what does not belong."""
    hints = _hints(kind)  # type: ignore[arg-type]  # a type can be hashed
    if not isinstance(value, Mapping) or set(value) - set(hints):
        raise ValueError(f"not a {kind.__name__}: {value!r}")
    try:
        return kind(**{name: _field(name, hints[name], part) for name, part in value.items()})
    except TypeError as wrong:
        raise ValueError(f"not a {kind.__name__}: {wrong}") from wrong


def _field(name: str, hint: Any, value: Any) -> Any:
    try:
        return _as(hint, value)
    except (ValueError, TypeError) as wrong:
        raise ValueError(f"`{name}`: {wrong}") from wrong


@lru_cache(maxsize=64)
def _hints(kind: type[Any]) -> dict[str, Any]:
    return {name: hint for name, hint in get_type_hints(kind).items() if not name.startswith("_")}


def _as(hint: Any, value: Any) -> Any:  # noqa: PLR0911 - one line a type
    origin = get_origin(hint)
    if origin in (Union, types.UnionType):
        return _as_union(get_args(hint), value)
    if origin is tuple:
        return _as_tuple(get_args(hint), value)
    if origin is not None and issubclass(origin, Mapping):
        part = get_args(hint)[1]
        return {key: _as(part, each) for key, each in dict(value).items()}
    if hint is Decimal:
        return _decimal(value)
    if hint is datetime:
        return _time(value)
    if is_dataclass(hint) or hasattr(hint, "_fields"):
        return unpack(hint, value)
    if isinstance(hint, type) and issubclass(hint, Enum):
        return hint(value)
    if isinstance(hint, type) and (not isinstance(value, hint) or (hint is int and isinstance(value, bool))):
        raise ValueError(f"{value!r} is no {hint.__name__}")
    return value


def _as_union(hints: tuple[Any, ...], value: Any) -> Any:
    if value is None and type(None) in hints:
        return None
    rest = [hint for hint in hints if hint is not type(None)]
    if len(rest) == 1:
        return _as(rest[0], value)
    if not any(isinstance(value, hint) for hint in rest):
        raise ValueError(f"{value!r} is none of {rest}")
    return value


def _as_tuple(hints: tuple[Any, ...], value: Any) -> tuple[Any, ...]:
    if not isinstance(value, (list, tuple)):
        raise ValueError(f"{value!r} is no list")  # noqa: TRY004 - callers catch one error
    if len(hints) == 2 and hints[1] is ...:
        return tuple(_as(hints[0], part) for part in value)
    return tuple(_as(hint, part) for hint, part in zip(hints, value, strict=True))


def _decimal(value: Any) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, (str, int, Decimal)):
        raise ValueError(f"{value!r} is no decimal")  # noqa: TRY004 - callers catch one error
    try:
        number = Decimal(value)
    except ArithmeticError as wrong:
        raise ValueError(f"{value!r} is no decimal") from wrong
    if not number.is_finite():
        raise ValueError(f"{value!r} is no decimal")
    return number


def _time(value: Any) -> datetime:
    read = value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
    if read.tzinfo is None:
        raise ValueError(f"{value!r} has no time zone")
    try:
        return read.astimezone(UTC)
    except OverflowError as wrong:
        raise ValueError(f"{value!r} is out of all calendars") from wrong
