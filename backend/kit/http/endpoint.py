"""One decorator for a route: who may, what comes in, what goes out, how it repeats, and its documentation."""

from __future__ import annotations

import functools
from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from flask import Response, request
from flask_smorest import Blueprint
from flask_smorest.utils import load_info_from_docstring
from marshmallow import Schema

from backend.kit.auth import PERMISSIONS, Role, caller_from_request
from backend.kit.auth.caller import Beside
from backend.kit.auth.permissions import ROLE_NAMES, holders
from backend.kit.errors import ProblemSchema
from backend.kit.http import straight
from backend.kit.http.idempotency import once
from backend.kit.http.strict import StrictParser, write_json

View = Callable[..., Any]
Before = Callable[[Any, dict[str, Any]], dict[str, Any]]
_KEY_HEADER = {
    "in": "header",
    "name": "Idempotency-Key",
    "required": True,
    "schema": {"type": "string", "format": "uuid"},
    "description": "UUIDv7 made by the caller; the same key and body get the first answer again",
}


_PROBLEM = ProblemSchema()


class Endpoints(Blueprint):  # type: ignore[misc]
    """A feature's routes under /api/v1."""

    ARGUMENTS_PARSER = StrictParser()

    def endpoint(
        self,
        method: str,
        path: str,
        *,
        may: str,
        answer: type[Schema] | None = None,
        status: int = 200,
        body: type[Schema] | None = None,
        query: type[Schema] | None = None,
        files: type[Schema] | None = None,
        repeats: str | None = "books",
        body_bytes: Callable[[], int] | None = None,
        before: Before | None = None,
        sends: str | None = None,
        beside: Beside = tuple,
    ) -> Callable[[View], View]:
        """Declare a route. The view is called with the caller, then path parts, `body`, `query`, `files` by name.

        `repeats` says who remembers a repeated POST: `books` (this layer), `ledger` (the view itself, its key is the
        id of a posting) or None (a sign-in). The view answers what `answer` can serialise, or None with 204.
        `body_bytes` is a body limit of its own. `before` does slow work ahead of the transaction of a first POST: it
        takes the caller and what was given, and answers what to give the view instead. `sends` is the media type of
        an answer that is not JSON. `beside` names what is kept in the cache that the view asks for by `learnt_beside`.
        """
        if may not in PERMISSIONS:
            raise ValueError(f"{may} is not in the table of permissions")
        keyed = method == "POST" and repeats is not None
        dump = None if answer is None else straight.dumper(answer())

        asked = [
            (name, schema(), location)
            for name, schema, location in (("query", query, "query"), ("files", files, "files"), ("body", body, "json"))
            if schema is not None
        ]
        readers = [(name, self._reader(schema, location)) for name, schema, location in asked]

        def decorate(view: View) -> View:
            @functools.wraps(view)
            def answered(**parts: Any) -> Response:
                """First who asks, then how much they may send, and only then is the body read."""
                caller = caller_from_request(may)
                if body_bytes is not None:
                    request.max_content_length = body_bytes()
                given = {name: read() for name, read in readers}

                def ahead() -> None:
                    if before is not None:
                        given.update(before(caller, given))

                def work() -> Response:
                    return _respond(view(caller, **parts, **given), dump, status)

                return once(caller, work, ahead) if keyed and repeats == "books" else work()

            told: View = view  # what smorest would do with it at each request is done above, in one go
            for _, schema, location in reversed(asked):
                told = self.arguments(schema, location=location, error_status_code=422)(told)
            described = answer if sends is None else {"type": "string", "format": "binary"}
            told = self.response(status, described, content_type=sends or "application/json")(told)
            answered._apidoc = self._told(method, path, may, told, view, keyed)._apidoc  # type: ignore[attr-defined]
            answered.civic_may = may  # type: ignore[attr-defined]
            answered.civic_keyed = keyed  # type: ignore[attr-defined]
            answered.civic_beside = beside  # type: ignore[attr-defined]
            self.add_url_rule(path, endpoint=view.__name__, view_func=answered, methods=[method])
            return answered

        return decorate

    def _reader(self, schema: Schema, location: str) -> Callable[[], Any]:
        """How a part of the request is read. Where the short way finds anything wrong, webargs says what it is."""
        parser, load = self.ARGUMENTS_PARSER, straight.loader(schema) if location == "json" else None

        def read() -> Any:
            asked = request._get_current_object()  # type: ignore[attr-defined]
            if load is not None and (given := load(parser.load_json(asked, schema))) is not None:
                return given
            return parser.parse(schema, asked, location=location, error_status_code=422)

        return read

    def _told(  # noqa: PLR0917 - private, called once
        self, method: str, path: str, may: str, told: View, view: View, keyed: bool
    ) -> View:
        """With the documentation of who may, of refusals and of the key."""
        # said in one go: `alt_response` would wrap the view and copy all its documentation again for each status
        responses = told._apidoc["response"]["responses"]  # type: ignore[attr-defined]
        for code in _refusal_statuses(method, path, may, keyed):
            responses.setdefault(code, []).append(
                {
                    "schema": _PROBLEM,
                    "description": HTTPStatus(code).phrase,
                    "content_type": "application/problem+json",
                }
            )
        extra: dict[str, Any] = {"operationId": view.__name__, **_who_may(view, may)}
        if Role.ANYONE not in PERMISSIONS[may]:
            extra["security"] = [{"bearer": []}]
        if keyed:
            extra["parameters"] = [_KEY_HEADER]
        documented: View = self.doc(**extra)(told)
        return documented


def _who_may(view: View, may: str) -> dict[str, Any]:
    """What the description says of the one table: for a person to read, and for a program."""
    roles = holders(may)
    named = "、".join(ROLE_NAMES[role] for role in roles)
    said = f"可办理：{named}。 Who may: {', '.join(roles)} (`{may}`)."
    told = load_info_from_docstring(view.__doc__ or "").get("description", "")
    return {"description": f"{told}\n\n{said}".strip(), "x-permission": may, "x-roles": [role.value for role in roles]}


def _respond(value: Any, dump: straight.Dump | None, status: int) -> Response:
    if isinstance(value, Response):
        return value
    if dump is None:
        return Response(status=status)
    return Response(write_json(dump(value)) + "\n", status, content_type="application/json")


def _refusal_statuses(method: str, path: str, may: str, keyed: bool) -> list[int]:
    """The statuses a route can refuse with, for its documentation."""
    codes = {404, 429, 500, 503, 422, 400, 406}
    if method in ("POST", "PUT", "DELETE"):
        codes |= {409, 410, 413, 415}
    if "<" in path:
        codes |= {409, 410}  # the thing it names may not be ready, or be over
    if Role.ANYONE not in PERMISSIONS[may]:
        codes |= {401, 403}
    else:
        codes |= {401}
    return sorted(codes)
