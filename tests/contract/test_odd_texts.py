"""Texts and ids that a database cannot take, on each database: refused at the door, and never a fault."""

from __future__ import annotations

import json

import pytest

from tests.contract.odd import fields_of, no_fault, path_to, with_body, with_field
from tests.contract.surface import BODIES, asked, routes
from tests.contract.town import Town

PARTS = {
    "NUL": "%00",
    "NUL inside": "01a1f71c-7600-709c-bb2a-%00420b13ee5ea",
    "bytes that are no UTF-8": "%ff%fe",
    "a surrogate": "%ED%A0%80",
    "dots": "%2e%2e",
    "a slash": "a%2fb",
    "a way up": "..%2f..%2fetc%2fpasswd",
    "5,000 characters": "a" * 5000,
    "emoji": "%F0%9F%98%80",
    "a line end": "a%0d%0aX-Injected:1",
    "a quote": "'%20OR%201=1--",
    "a number": "-1",
    "null": "null",
    "a UUID of version 4": "9b2f3c1e-7d8a-4c55-9f3e-2a1b0c9d8e7f",
    "capitals": "01A1F71C-7600-709C-BB2A-5420B13EE5EA",
    "braces": "%7B%7D",
    "a pattern": "%25",
    "a blank": "%20",
}


@pytest.mark.parametrize("sort", PARTS)
def test_an_odd_id_in_a_path_finds_nothing(each_town: Town, sort: str) -> None:
    for route in routes(each_town.app):
        for odd in route.parts:
            body = BODIES[route.name](each_town) if route.name in BODIES else None
            path = path_to(each_town, route, **{odd: PARTS[sort]})
            answer = asked(each_town.allowed(route.may), route.method, path, body)
            problem = no_fault(answer)
            assert problem is not None, (route.label, answer.text)
            assert problem["status"] in (404, 405, 422), (route.label, problem)
            assert "X-Injected" not in answer.headers


TEXTS = {
    "a NUL": r'"a\u0000b"',
    "half a character": r'"\ud800"',
    "an escape": r'"\u001b[31m"',
    "no character": r'"\uffff\ufffe"',
    "very long": json.dumps("长" * 100_000),
    "blank": '"  "',
    "emoji and right to left": json.dumps("👩‍👩‍👧‍👦\u202egnp.exe"),
}


@pytest.mark.parametrize("sort", TEXTS)
def test_an_odd_text_in_any_field_is_no_fault(each_town: Town, sort: str) -> None:
    for route, person, path in with_body(each_town):
        good = BODIES[route.name](each_town)
        for name, value in list(fields_of(good)):
            if not isinstance(value, str):
                continue
            body = json.dumps(with_field(good, name, "@@")).replace('"@@"', TEXTS[sort])
            problem = no_fault(asked(person, route.method, path, data=body, content_type="application/json"))
            if sort == "half a character":
                assert problem is not None, (route.label, name)
                assert (problem["status"], problem["code"]) == (400, "malformed_request"), (route.label, name)
