"""What the description of the API says of a route: who may, what goes in and out, what is refused, and its key."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, NamedTuple

from flask_smorest import Blueprint
from flask_smorest.utils import load_info_from_docstring
from marshmallow import Schema

from backend.kit.auth import PERMISSIONS, Role
from backend.kit.auth.permissions import ROLE_NAMES, holders
from backend.kit.errors import ProblemSchema

View = Callable[..., Any]
_KEY_HEADER = {
    "in": "header",
    "name": "Idempotency-Key",
    "required": True,
    "schema": {"type": "string", "format": "uuid"},
    "description": "UUIDv7 made by the caller; the same key and body get the first answer again",
}
_PROBLEM = ProblemSchema()


class Part(NamedTuple):
    """Something that a request brings: what the view calls it, its schema, and where in the request it is."""

    name: str
    schema: Schema
    location: str


@dataclass(frozen=True, slots=True)
class Declared:
    """What a route was declared to be, as `Endpoints.endpoint` says it."""

    method: str
    path: str
    may: str
    parts: tuple[Part, ...]
    answer: type[Schema] | None
    status: int
    sends: str | None
    keyed: bool
    """Whether it needs an Idempotency-Key."""


def described(feature: Blueprint, view: View, route: Declared) -> dict[str, Any]:
    """The documentation that smorest reads off a view.

    It would wrap the view too, to do at each request what the endpoint does in one go: the wrapping is thrown away.
    """
    told = view
    for _, schema, location in reversed(route.parts):
        told = feature.arguments(schema, location=location, error_status_code=422)(told)
    answer = route.answer if route.sends is None else {"type": "string", "format": "binary"}
    told = feature.response(route.status, answer, content_type=route.sends or "application/json")(told)
    _add_refusals(vars(told)["_apidoc"]["response"]["responses"], route)
    extra: dict[str, Any] = {"operationId": view.__name__, **_who_may(view, route.may)}
    if Role.ANYONE not in PERMISSIONS[route.may]:
        extra["security"] = [{"bearer": []}]
    if route.keyed:
        extra["parameters"] = [_KEY_HEADER]
    documentation: dict[str, Any] = vars(feature.doc(**extra)(told))["_apidoc"]
    return documentation


def _add_refusals(responses: dict[int, list[dict[str, Any]]], route: Declared) -> None:
    """Said in one go: `alt_response` would wrap the view and copy all its documentation again for each status."""
    for code in _refusal_statuses(route.method, route.path, route.may):
        refusal = {
            "schema": _PROBLEM,
            "description": HTTPStatus(code).phrase,
            "content_type": "application/problem+json",
        }
        responses.setdefault(code, []).append(refusal)


def _who_may(view: View, may: str) -> dict[str, Any]:
    """What the description says of the one table: for a person to read, and for a program."""
    roles = holders(may)
    named = "、".join(ROLE_NAMES[role] for role in roles)
    said = f"可办理：{named}。 Who may: {', '.join(roles)} (`{may}`)."
    told = load_info_from_docstring(view.__doc__ or "").get("description", "")
    return {"description": f"{told}\n\n{said}".strip(), "x-permission": may, "x-roles": [role.value for role in roles]}


def _refusal_statuses(method: str, path: str, may: str) -> list[int]:
    """The statuses a route can refuse with."""
    codes = {400, 401, 404, 406, 422, 429, 500, 503}
    if method in ("POST", "PUT", "DELETE"):
        codes |= {409, 410, 413, 415}
    if "<" in path:
        codes |= {409, 410}  # the thing it names may not be ready, or be over
    if Role.ANYONE not in PERMISSIONS[may]:
        codes |= {403}
    return sorted(codes)
