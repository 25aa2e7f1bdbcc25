"""A route of the tests' own: it counts how often its work was really done, and breaks when it is told to."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Event
from typing import Any

from flask import Flask
from marshmallow import fields

from backend.kit import pace
from backend.kit.auth import Caller
from backend.kit.db import after_commit
from backend.kit.http import Answer, Body, Endpoints
from backend.kit.http.shapes import Text
from points.errors import Category, Kind

TOO_OFTEN = Kind("probe_too_often", Category.TOO_MANY, zh="过于频繁。", en="Too often.")


class ProbeBody(Body):
    text = Text(1, 50, required=True)


class ProbeSchema(Answer):
    text = fields.String(required=True)
    done = fields.Integer(required=True)


@dataclass
class Probe:
    """What the route does besides counting."""

    then: Callable[[], object] = lambda: None
    waits_for: Event | None = None
    inside: Event = field(default_factory=Event)
    committed: list[str] = field(default_factory=list)

    def work(self, caller: Caller, body: dict[str, Any]) -> dict[str, Any]:
        """Count one, and answer how many were counted."""
        pace.count_one(caller.district, caller.name, "probe", most=100, refusal=TOO_OFTEN)
        after_commit(lambda: self.committed.append(body["text"]))
        self.inside.set()
        if self.waits_for is not None:
            self.waits_for.wait(10)
        self.then()
        return {"text": body["text"], "done": pace.done_today(caller.district, caller.name, "probe")}


def probed(app: Flask) -> Probe:
    """Put the route on an application that has not answered yet, at /probe."""
    probe, endpoints = Probe(), Endpoints("probe", __name__)

    @endpoints.endpoint("POST", "/probe", may="me", body=ProbeBody, answer=ProbeSchema, status=201)
    def use_probe(caller: Caller, body: dict[str, Any]) -> dict[str, Any]:
        return probe.work(caller, body)

    app.register_blueprint(endpoints, url_prefix="/api/v1")
    return probe
