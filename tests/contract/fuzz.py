"""A round of made-up requests for one role: what the description allows, and what it does not, against the service."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import schemathesis
from flask import Flask
from hypothesis import HealthCheck, Phase, Verbosity, given, seed, settings
from schemathesis import Case, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.config import GenerationConfig, ProjectConfig, ProjectsConfig, SchemathesisConfig
from schemathesis.core.failures import FailureGroup
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from backend.kit.auth import PERMISSIONS, Role
from points.ids import new_id
from tests.cast import Person
from tests.contract.surface import BASE, BODIES, Route, routes
from tests.contract.test_access import OBJECTS
from tests.contract.town import Town

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
SEED = 20261120


@dataclass
class Round:
    """What a round asked and what went wrong."""

    town: Town
    person: Person
    held: frozenset[Role]
    asked: int = 0
    statuses: Counter[int] = field(default_factory=Counter)
    failures: list[str] = field(default_factory=list)
    turn: int = 0

    def run(self, description: Any, examples: int, *, only: set[str] | None = None) -> Round:
        """Ask every operation `examples` times, in each way; what the table refuses to the role is tried elsewhere."""
        known = self._routes()
        for found in description.get_all_operations():
            operation = found.ok()
            route = known[operation.definition.raw["operationId"]]
            if route.may == "session.end" or (only and route.name not in only):
                continue
            if PERMISSIONS[route.may] & (self.held | {Role.ANYONE}):
                for mode in GenerationMode if operation.body or operation.query else (GenerationMode.POSITIVE,):
                    self._ask(operation, route, mode, examples)
        return self

    def _routes(self) -> dict[str, Route]:
        return {route.name: route for route in routes(self.town.app)}

    @cached_property
    def _plain(self) -> set[str]:
        return {route.path for route in self._routes().values() if not route.parts}

    def _ask(self, operation: Any, route: Route, mode: GenerationMode, examples: int) -> None:
        @seed(SEED)
        @settings(
            max_examples=examples,
            database=None,
            deadline=None,
            phases=[Phase.generate],
            verbosity=Verbosity.quiet,
            suppress_health_check=list(HealthCheck),
        )
        @given(operation.as_strategy(generation_mode=mode))
        def ask(case: Case) -> None:
            self._send(case, route)

        try:
            ask()
        except schemathesis.errors.InvalidSchema:
            raise
        except Exception as error:
            if type(error).__name__ not in ("Unsatisfiable",):
                raise

    def _send(self, case: Case, route: Route) -> None:
        self.turn += 1
        self._aim(case, route)
        if route.parts and route.at(**{part: str(case.path_parameters[part]) for part in route.parts}) in self._plain:
            return  # a made-up part, such as `classes`, that makes it the path of another operation
        self.asked += 1
        response = case.call(headers={"Authorization": f"Bearer {self.person.token}"} if self.person.token else {})
        self.statuses[response.status_code] += 1
        try:
            case.validate_response(response, checks=CHECKS)
        except FailureGroup as group:
            told = "; ".join(str(each).strip().replace("\n", " ")[:300] for each in group.exceptions)
            self.failures.append(f"{route.label} {response.status_code}: {told}\n    {case.as_curl_command()[:600]}")

    def _aim(self, case: Case, route: Route) -> None:
        """Most requests carry a good key, name objects that exist, and every third has a good body in part."""
        now = self.town.app.extensions["civic_clock"].now()
        if route.keyed and self.turn % 8:
            case.headers = {**(case.headers or {}), "Idempotency-Key": new_id(now)}
        if case.path_parameters and route.label in OBJECTS and self.turn % 4:
            there = {part: self.town.ids[name] for part, name in OBJECTS[route.label][0].items()}
            case.path_parameters = {**case.path_parameters, **there}
        if route.name in BODIES and self.turn % 3 == 0 and isinstance(case.body, dict):
            good = BODIES[route.name](self.town)
            case.body = {**good, **{name: value for name, value in case.body.items() if hash_of(name, self.turn) == 0}}


def hash_of(name: str, turn: int) -> int:
    """0 for one field in three, another one each turn."""
    return (sum(name.encode("utf-8", "replace")) + turn) % 3


def description_of(app: Flask) -> Any:
    """The description as schemathesis reads it from the application itself."""
    generation = GenerationConfig(deterministic=True, database="none", with_security_parameters=False)
    config = SchemathesisConfig(
        color=False, seed=SEED, projects=ProjectsConfig(default=ProjectConfig(generation=generation))
    )
    return schemathesis.openapi.from_wsgi(f"{BASE}/openapi.json", app, config=config)


def told(rounds: Round) -> str:
    """What a round found, for the message of a failed test."""
    return json.dumps(dict(rounds.statuses)) + "\n" + "\n".join(rounds.failures[:25])
