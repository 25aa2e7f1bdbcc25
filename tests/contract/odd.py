"""What the tests of bad input share: operations with somebody who may use them, and what may come back."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from werkzeug.test import TestResponse

from tests.cast import Person
from tests.contract.surface import BODIES, Route, problem_of, routes
from tests.contract.test_access import OBJECTS
from tests.contract.town import Town


def with_body(town: Town) -> Iterator[tuple[Route, Person, str]]:
    """Every operation that reads JSON, with somebody who may use it and a path that leads to something."""
    for route in routes(town.app):
        if route.name in BODIES:
            yield route, town.allowed(route.may), path_to(town, route)


def path_to(town: Town, route: Route, **odd: str) -> str:
    """A path to what is there, but for the parts given."""
    known = OBJECTS[route.label][0] if route.label in OBJECTS else {}
    there = {part: town.ids[known[part]] if part in known else "370112001" for part in route.parts}
    return route.at(**there | odd)


def no_fault(answer: TestResponse) -> dict[str, Any] | None:
    """Not a fault, and a problem document if refused: answers that."""
    assert answer.status_code < 500, answer.text
    return problem_of(answer) if answer.status_code >= 400 else None


def fields_of(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[tuple[Any, ...], Any]]:
    """Every field of a body, with the path to it; lists and objects themselves as well."""
    if path:
        yield path, value
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, part in inside:
        yield from fields_of(part, (*path, name))


def with_field(value: Any, path: tuple[Any, ...], new: Any) -> Any:
    """A copy of a body with one field changed."""
    if not path:
        return new
    copy = dict(value) if isinstance(value, dict) else list(value)
    copy[path[0]] = with_field(value[path[0]], path[1:], new)
    return copy
