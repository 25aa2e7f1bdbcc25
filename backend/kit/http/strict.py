"""Reading JSON strictly: NaN, Infinity, repeated keys and absurd numbers are refused, not guessed at."""

from __future__ import annotations

import json
import math
import re
from typing import Any, NoReturn

from flask import Request, abort
from flask.json.provider import DefaultJSONProvider
from webargs.flaskparser import FlaskParser
from webargs.multidictproxy import MultiDictProxy

_HALF = re.compile(r"\\u[dD][89a-fA-F]")
"""Half of a character, as an escape; two of them may make a whole one."""


def read_json(text: str | bytes) -> Any:
    """Parse JSON as RFC 8259 means it, in UTF-8; raises ValueError for anything else, nesting too deep included."""
    try:
        text = text.decode() if isinstance(text, bytes) else text
        read = _DECODER.decode(text)
        if _HALF.search(text):
            json.dumps(read, ensure_ascii=False).encode()  # text that cannot be stored or sent is refused at the door
    except RecursionError:
        raise ValueError("nested too deeply") from None
    return read


def write_json(value: Any) -> str:
    """As Flask would write it, compact and with Chinese readable, by one encoder that is made once."""
    return _ENCODER.encode(value)


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def _no_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key is repeated")
    return found


def _finite(text: str) -> float:
    if not math.isfinite(number := float(text)):
        raise ValueError("a number is too large")
    return number


def _bounded_int(text: str) -> int:
    if len(text) > 20:
        raise ValueError("a number is too long")
    return int(text)


_DECODER = json.JSONDecoder(
    parse_constant=_refuse_constant, parse_float=_finite, parse_int=_bounded_int, object_pairs_hook=_no_repeats
)
_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), default=DefaultJSONProvider.default)


class StrictJSON(DefaultJSONProvider):
    """Flask's own reading and writing of JSON, strict in, readable Chinese out."""

    ensure_ascii = False
    sort_keys = False

    def loads(self, s: str | bytes, **kwargs: Any) -> Any:
        return read_json(s)


class StrictParser(FlaskParser):
    """webargs with our JSON, a real media type, and 400 for what cannot be read."""

    DEFAULT_UNKNOWN_BY_LOCATION: dict[str, str | None] = {}  # noqa: RUF012 - as the base class has it

    def load_json(self, req: Request, schema: Any) -> Any:
        body = req.get_data(cache=True)
        if req.environ.get("CONTENT_TYPE") != "application/json" and req.mimetype != "application/json":
            if body or req.mimetype:
                abort(415)
            return {}  # no body says as much as an empty object
        try:
            return read_json(body)
        except (ValueError, UnicodeDecodeError):
            abort(400)

    def load_querystring(self, req: Request, schema: Any) -> Any:
        return MultiDictProxy(req.args, schema)
