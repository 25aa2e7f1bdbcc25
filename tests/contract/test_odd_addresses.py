"""Bad addresses, queries and methods: a refusal with a stable code comes back, and never a fault."""

from __future__ import annotations

import pytest

from tests.contract.odd import no_fault, path_to
from tests.contract.surface import Route, asked, problem_of, routes
from tests.contract.town import Town

QUERIES = [
    "no_such_thing=1",
    "limit=0",
    "limit=-1",
    "limit=201",
    "limit=1e1",
    "limit=3.9",
    "limit=1_0",
    "limit=%EF%BC%91%EF%BC%92",
    "limit=%D9%A1",
    "limit=+5",
    "limit=%205",
    "limit=",
    "limit=99999999999999999999999",
    "limit=" + "9" * 5000,
    "limit=NaN",
    "limit=true",
    "cursor=%00",
    "cursor=x",
    "cursor=",
    "cursor=%ff",
    "cursor=" + "a" * 10_000,
    "limit[]=5",
    "%00=1",
    "%ff%fe=%ff",
]


@pytest.fixture(scope="module")
def lists(town: Town) -> list[Route]:
    """The operations that answer a page of a list."""
    gets = [route for route in routes(town.app) if route.method == "GET"]
    return [r for r in gets if "next_cursor" in asked(town.allowed(r.may), "GET", path_to(town, r)).text]


@pytest.mark.parametrize("query", QUERIES, ids=lambda query: query[:30])
def test_an_odd_query_of_a_list_is_invalid(town: Town, lists: list[Route], query: str) -> None:
    assert len(lists) >= 10
    for route in lists:
        problem = problem_of(asked(town.allowed(route.may), "GET", f"{path_to(town, route)}?{query}"))
        assert (problem["status"], problem["code"]) == (422, "invalid_fields"), (route.label, problem)


def test_a_query_where_none_is_read_breaks_nothing(town: Town) -> None:
    for route in routes(town.app):
        if route.method == "GET":
            no_fault(asked(town.allowed(route.may), "GET", f"{path_to(town, route)}?%00=%ff&&a=1&a=2&="))


ADDRESSES = ["/nothing", "/", "", "//", "/%00", "/" + "x" * 10_000, "/%2e%2e/x", "/ME", "/me;x", "/%ff", "/me/%0a"]


@pytest.mark.parametrize("path", ADDRESSES, ids=lambda path: path[:12])
def test_an_unknown_address_is_a_problem_document(town: Town, path: str) -> None:
    for person in (town.people["resident"], town.people["anyone"]):
        problem = problem_of(asked(person, "GET", path))
        assert (problem["status"], problem["code"]) == (404, "no_such_path")


OVERLAID = {"/tickets/classes", "/tickets/units", "/acts/categories"}
"""These match a path with a part as well."""


def test_a_method_that_an_address_does_not_take_is_said(town: Town) -> None:
    taken: dict[str, set[str]] = {}
    for route in routes(town.app):
        taken.setdefault(route.path, set()).add(route.method)
    for path, methods in taken.items():
        if path in OVERLAID:
            continue
        route = Route("", path, "", "", keyed=False)
        for method in sorted({"GET", "POST", "PUT", "DELETE", "PATCH", "TRACE", "BREW"} - methods):
            answer = asked(town.people["staff"], method, route.at(**dict.fromkeys(route.parts, "x")))
            problem = problem_of(answer)
            assert (problem["status"], problem["code"]) == (405, "method_not_allowed"), (method, path, problem)
            assert methods <= {word.strip() for word in answer.headers["Allow"].split(",")}, (method, path)


def test_head_and_options_are_answered_without_a_body(town: Town) -> None:
    for route in routes(town.app):
        path = path_to(town, route)
        options = asked(town.people["anyone"], "OPTIONS", path)
        assert (options.status_code, options.data) == (200, b""), route.label
        if route.method == "GET":
            head = asked(town.allowed(route.may), "HEAD", path)
            assert head.status_code < 500, route.label
            assert head.data == b""
