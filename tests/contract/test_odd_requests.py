"""Bad keys, forms and headers: a refusal with a stable code comes back, and never a fault."""

from __future__ import annotations

import gc
import io
import json
import warnings

import pytest

from points.ids import new_id
from tests.contract.odd import no_fault, path_to
from tests.contract.surface import BODIES, asked, problem_of, routes
from tests.contract.town import Town

KEYS = {
    "missing": "",
    "a word": "x",
    "a UUID of version 4": "9b2f3c1e-7d8a-4c55-9f3e-2a1b0c9d8e7f",
    "capitals": "01A1F71C-7600-709C-BB2A-5420B13EE5EA",
    "very long": "1" * 5000,
    "null": "null",
    "not ASCII": "é",
    "two": "01a1f71c-7600-709c-bb2a-5420b13ee5ea, 01a1f71c-7600-709c-bb2a-5420b13ee5eb",
}


@pytest.mark.parametrize("sort", KEYS)
def test_a_post_without_a_good_idempotency_key_is_malformed(town: Town, sort: str) -> None:
    tried = 0
    for route in routes(town.app):
        if not route.keyed or route.name == "add_photo":  # which says first that there is no file
            continue
        body = BODIES[route.name](town) if route.name in BODIES else None
        headers = {"Idempotency-Key": KEYS[sort]}
        answer = asked(town.allowed(route.may), "POST", path_to(town, route), body, headers=headers)
        problem = problem_of(answer)
        assert (problem["status"], problem["code"]) == (400, "idempotency_key_needed"), (route.label, problem)
        tried += 1
    assert tried > 30


def test_the_same_key_with_another_body_is_refused_and_somebody_elses_key_is_ones_own(town: Town) -> None:
    resident, other = town.people["resident"], town.people["other_resident"]
    key = {"Idempotency-Key": new_id(town.app.extensions["civic_clock"].now())}
    path, body = "/me/consents", {"purpose": "leaderboard", "given": True}
    first = asked(resident, "POST", path, body, headers=key)
    again = asked(resident, "POST", path, body, headers=key)
    assert (first.status_code, again.status_code) == (200, 200)
    assert first.json == again.json
    assert "Idempotency-Replayed" not in first.headers
    assert again.headers["Idempotency-Replayed"] == "true"
    changed = problem_of(asked(resident, "POST", path, body | {"given": False}, headers=key))
    assert (changed["status"], changed["code"]) == (422, "idempotency_key_reused")
    theirs = asked(other, "POST", path, body | {"given": False}, headers=key)
    assert (theirs.status_code, theirs.json) == (200, {"given": []})
    assert "Idempotency-Replayed" not in theirs.headers


def test_somebody_elses_key_in_the_ledger_tells_nothing(town: Town) -> None:
    resident, other = town.people["resident"], town.people["other_resident"]
    headers = {"Idempotency-Key": town.ids["redemption"]}
    mine = asked(resident, "POST", "/redemptions", BODIES["redeem"](town), headers=headers)
    assert (mine.status_code, mine.json["id"]) == (201, town.ids["redemption"])
    assert mine.headers["Idempotency-Replayed"] == "true"
    problem = problem_of(asked(other, "POST", "/redemptions", BODIES["redeem"](town), headers=headers))
    assert problem["status"] in (409, 422)
    assert resident.id not in json.dumps(problem)


def test_a_key_far_from_now_is_refused_where_points_move(town: Town) -> None:
    for key in ("00000000-0000-7000-8000-000000000000", "ffffffff-ffff-7fff-bfff-ffffffffffff"):
        answer = asked(
            town.people["resident"],
            "POST",
            "/redemptions",
            BODIES["redeem"](town),
            headers={"Idempotency-Key": key},
        )
        assert problem_of(answer)["code"] in ("id_expired", "bad_id"), answer.text


_FORM = "multipart/form-data; boundary=x"
_FILE = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.jpg"\r\n\r\nabc'
FORMS: dict[str, tuple[bytes, str]] = {
    "no boundary": (b"--x\r\n", "multipart/form-data"),
    "an empty form": (b"--x--\r\n", _FORM),
    "nothing": (b"", _FORM),
    "cut": (_FILE, _FORM),
    "no name": (b"--x\r\nContent-Disposition: form-data\r\n\r\nabc\r\n--x--\r\n", _FORM),
    "text for the file": (b'--x\r\nContent-Disposition: form-data; name="file"\r\n\r\nabc\r\n--x--\r\n', _FORM),
    "odd headers": (b"--x\r\n\x00\xff: 1\r\n\r\nabc\r\n--x--\r\n", _FORM),
    "a huge header": (b"--x\r\nA: " + b"b" * 200_000, _FORM),
    "3,000 parts": (b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n\r\n' * 3000 + b"--x--\r\n", _FORM),
    "an odd boundary": (b"--\xff\r\n", "multipart/form-data; boundary=\xff"),
    "no picture": (_FILE + b"\r\n--x--\r\n", _FORM),
    "an odd name": (_FILE.replace(b"a.jpg", b"..%2f\x00\xff.jpg") + b"\r\n--x--\r\n", _FORM),
    "another encoding": (_FILE + b"\r\n--x--\r\n", _FORM + "; charset=utf-7"),
    "JSON": (b"{}", "application/json"),
}


@pytest.mark.parametrize("sort", FORMS)
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_broken_form_is_no_photo(town: Town, sort: str) -> None:
    content, media_type = FORMS[sort]
    answer = asked(town.people["resident"], "POST", "/photos", data=io.BytesIO(content), content_type=media_type)
    problem = no_fault(answer)
    assert problem is not None
    assert problem["status"] in (400, 413, 415, 422)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)  # a cut form leaves its file to be swept
        gc.collect()


HEADERS = [
    {"Accept-Language": "\xff;q=x,,,en;q=9"},
    {"Accept-Language": "en" * 5000},
    {"X-Request-Id": "a\x7fb" * 100},
    {"Accept": "application/xml;q=oops"},
    {"If-None-Match": '"x"', "Range": "bytes=9-1"},
    {"Content-Length": "abc"},
    {"Content-Length": "-1"},
    {"Content-Encoding": "gzip"},
    {"Cookie": "\xff=\x00"},
    {"X-Forwarded-For": "999.999.1.1, evil"},
    {"Host": "evil.example:99999"},
    {"Transfer-Encoding": "chunked"},
]


@pytest.mark.parametrize("headers", HEADERS, ids=lambda headers: next(iter(headers)))
def test_odd_headers_break_nothing(town: Town, headers: dict[str, str]) -> None:
    person = town.people["resident"]
    for method, path, body in (("GET", "/me", None), ("GET", "/nothing", None), ("POST", "/redemptions", {"a": 1})):
        no_fault(asked(person, method, path, body, headers=headers))
