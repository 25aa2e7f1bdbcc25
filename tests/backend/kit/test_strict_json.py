"""JSON is read as the standard means it; what only some readers take is refused."""

from __future__ import annotations

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.kit.http.strict import read_json
from tests.backend.kit.probe import Probe
from tests.cast import Cast

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**18), 10**18)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(codec="utf-8")),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(st.characters(codec="utf-8")), inner),
    max_leaves=10,
)
REFUSED = [
    b"",
    b"{",
    b"{} {}",
    b"{'text': 1}",
    b'{"text": NaN}',
    b'{"text": Infinity}',
    b'{"text": -Infinity}',
    b'{"text": 1e999}',
    b'{"text": -1e999}',
    b'{"text": "a", "text": "b"}',
    b'{"a": {"text": 1, "text": 1}}',
    b'{"text": 100000000000000000000000000000}',
    b'{"text": 0' + b"1" * 5000 + b"}",
    b"[" * 100_000,
    b'{"text": ' * 100_000,
    b'{"text": "\xff"}',
    b'{"text": "\xed\xa0\x80"}',
    rb'{"text": "\ud800"}',
    rb'{"\ud800": 1}',
    rb'{"text": ["\udfff\ud800"]}',
    b'{"text": "a\x01b"}',
    b"\xef\xbb\xbf\xff{}",
]


@pytest.mark.parametrize("raw", REFUSED, ids=range(len(REFUSED)))
def test_what_is_no_json_is_refused(raw: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - any of them, the caller tells no difference
        read_json(raw)


def test_a_request_with_what_is_no_json_is_malformed(cast: Cast, probe: Probe) -> None:
    resident = cast.resident()
    for raw in REFUSED:
        answer = resident.post("/probe", data=raw, content_type="application/json")
        assert (raw[:50], answer.status_code, answer.json["code"]) == (raw[:50], 400, "malformed_request")


@given(JSON)
def test_all_that_is_json_is_read(value: object) -> None:
    assert read_json(json.dumps(value)) == value
    assert read_json(json.dumps(value, ensure_ascii=False).encode()) == value


def test_a_character_beyond_the_first_plane_may_be_escaped() -> None:
    assert read_json(rb'"\ud83d\ude00"') == "😀"


def test_large_numbers_that_are_numbers_are_read() -> None:
    assert read_json("1e300") == 1e300
    assert math.isclose(read_json("-1.5e-7"), -1.5e-7)


def test_json_that_is_no_object_is_refused_by_its_fields(cast: Cast, probe: Probe) -> None:
    resident = cast.resident()
    for value in (b"null", b"[]", b"1", b'"text"', b"true"):
        answer = resident.post("/probe", data=value, content_type="application/json")
        assert (value, answer.status_code, answer.json["code"]) == (value, 422, "invalid_fields")


def test_json_is_taken_under_its_own_name_only(cast: Cast, probe: Probe) -> None:
    resident = cast.resident()
    for name, status in (
        ("application/json", 201),
        ("application/json; charset=utf-8", 201),
        ("text/plain", 415),
        ("application/x-www-form-urlencoded", 415),
        ("application/xml", 415),
        (None, 415),
    ):
        answer = resident.post("/probe", data=b'{"text": "a"}', content_type=name)
        assert (name, answer.status_code) == (name, status)
