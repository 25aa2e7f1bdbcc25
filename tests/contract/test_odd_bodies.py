"""Bad bodies: whatever is sent, a refusal with a stable code comes back, and never a fault."""

from __future__ import annotations

import json

import pytest

from tests.contract.odd import fields_of, no_fault, with_body, with_field
from tests.contract.surface import BASE, BODIES, asked, problem_of, routes
from tests.contract.town import Town


def test_every_operation_that_reads_json_has_a_good_body_here(town: Town) -> None:
    """A route added without one would not be tried below."""
    described = town.app.test_client().get(f"{BASE}/openapi.json").json["paths"]
    taken = {
        operation["operationId"]
        for path in described.values()
        for operation in path.values()
        if isinstance(operation, dict) and "application/json" in operation.get("requestBody", {}).get("content", {})
    }
    assert taken == {route.name for route in routes(town.app)} & BODIES.keys()


UNREADABLE: dict[str, bytes] = {
    "nothing": b"",
    "cut": b'{"name": "x',
    "NaN": b'{"a": NaN}',
    "Infinity": b'{"a": -Infinity}',
    "a key twice": b'{"reason": "a", "reason": "b"}',
    "a key twice inside": b'{"a": {"b": 1, "b": 2}}',
    "not UTF-8": b'{"a": "\xff\xfe"}',
    "GBK": '{"reason": "中文"}'.encode("gbk"),
    "UTF-16": '{"a": 1}'.encode("utf-16"),
    "UTF-32": '{"a": 1}'.encode("utf-32"),
    "a byte order mark": b"\xef\xbb\xbf{}",
    "full-width digits": '{"amount": １２}'.encode(),
    "a number of 5,000 digits": b'{"a": ' + b"9" * 5000 + b"}",
    "a number too large": b'{"a": 1e999}',
    "two documents": b"{} {}",
    "a comment": b"{} // x",
    "single quotes": b"{'a': 1}",
    "deep nesting": b'{"a": ' * 50_000 + b"1" + b"}" * 50_000,
    "deep lists": b"[" * 100_000,
    "a raw control character": b'{"a": "\x01"}',
    "a raw NUL": b'{"a": "\x00"}',
    "NUL": b"\x00",
    "half a character": rb'{"a": "\ud800"}',
    "half a character as a name": rb'{"\udfff": 1}',
}


@pytest.mark.parametrize("sort", UNREADABLE)
def test_a_body_that_is_no_json_is_malformed(town: Town, sort: str) -> None:
    for route, person, path in with_body(town):
        answer = asked(person, route.method, path, data=UNREADABLE[sort], content_type="application/json")
        problem = no_fault(answer)
        assert problem is not None, route.label
        assert (problem["status"], problem["code"]) == (400, "malformed_request"), (route.label, problem)


NO_OBJECTS = ["[]", "null", "1", "true", '"text"', "[{}]", '{"no_such_field": 1}', '{"": 1}', '{"a": [[[]]]}']


@pytest.mark.parametrize("text", NO_OBJECTS)
def test_a_body_that_is_not_the_object_wanted_is_invalid(town: Town, text: str) -> None:
    for route, person, path in with_body(town):
        problem = no_fault(asked(person, route.method, path, data=text, content_type="application/json"))
        assert problem is not None, route.label
        assert (problem["status"], problem["code"]) == (422, "invalid_fields"), (route.label, problem)
        assert problem["errors"], route.label


def test_a_field_nobody_knows_is_refused_by_its_name(town: Town) -> None:
    for route, person, path in with_body(town):
        body = BODIES[route.name](town) | {"points_for_free": 1, "id": "x", "\u0000": 1}
        problem = problem_of(asked(person, route.method, path, body))
        assert problem["status"] == 422, route.label
        assert {"points_for_free", "id", "\u0000"} <= problem["errors"]["json"].keys(), route.label


MEDIA_TYPES = [
    "",
    "text/plain",
    "application/xml",
    "application/x-www-form-urlencoded",
    "multipart/form-data",
    "application/json5",
    "x",
]


@pytest.mark.parametrize("media_type", MEDIA_TYPES)
def test_another_media_type_is_refused(town: Town, media_type: str) -> None:
    for route, person, path in with_body(town):
        text = json.dumps(BODIES[route.name](town))
        problem = no_fault(asked(person, route.method, path, data=text, content_type=media_type))
        assert problem is not None, route.label
        assert (problem["status"], problem["code"]) == (415, "wrong_media_type"), (route.label, problem)


def test_a_huge_body_is_refused(town: Town) -> None:
    huge = b'{"reason": "' + b"x" * 1_000_001 + b'"}'
    for route, person, path in with_body(town):
        problem = problem_of(asked(person, route.method, path, data=huge, content_type="application/json"))
        assert (problem["status"], problem["code"]) == (413, "body_too_large"), (route.label, problem)


TYPES = {
    "null": "null",
    "true": "true",
    "zero": "0",
    "minus one": "-1",
    "3.9": "3.9",
    "3.0": "3.0",
    "10^19": "10000000000000000000",
    "digits as text": '"12"',
    "full-width digits": '"１２"',
    "digits with a line": '"1_2"',
    "nothing": '""',
    "a list": "[]",
    "a list of lists": "[[[]]]",
    "a list of one null": "[null]",
    "an object": "{}",
    "an object of nonsense": '{"a": {"b": [1]}}',
}
_NOT_WHOLE = TYPES.keys() - {"zero", "minus one", "null"}
_DEGREES = {"lat", "lon", "accuracy"}


@pytest.mark.parametrize("sort", TYPES)
def test_another_type_in_any_field_is_no_fault_and_no_number_is_guessed(town: Town, sort: str) -> None:
    for route, person, path in with_body(town):
        good = BODIES[route.name](town)
        for name, value in list(fields_of(good)):
            body = json.dumps(with_field(good, name, "@@")).replace('"@@"', TYPES[sort])
            problem = no_fault(asked(person, route.method, path, data=body, content_type="application/json"))
            whole = isinstance(value, int) and not isinstance(value, bool) and name[-1] not in _DEGREES
            if whole and sort in _NOT_WHOLE:
                assert problem is not None, (route.label, name)
                assert (problem["status"], problem["code"]) == (422, "invalid_fields"), (route.label, name, problem)
