"""One decorator for a route: who may, what comes in, what goes out, how it repeats, and its documentation."""

from __future__ import annotations

import functools
from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from flask import Response, jsonify, request
from flask_smorest import Blueprint
from flask_smorest.utils import load_info_from_docstring
from marshmallow import Schema

from backend.kit.auth import PERMISSIONS, Role, caller_from_request
from backend.kit.auth.permissions import ROLE_NAMES, holders
from backend.kit.errors import ProblemSchema
from backend.kit.http.idempotency import once
from backend.kit.http.strict import StrictParser

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
    ) -> Callable[[View], View]:
        """Declare a route. The view is called with the caller, then path parts, `body`, `query`, `files` by name.

        `repeats` says who remembers a repeated POST: `books` (this layer), `ledger` (the view itself, its key is the
        id of a posting) or None (a sign-in). The view answers what `answer` can serialise, or None with 204.
        `body_bytes` is a body limit of its own. `before` does slow work ahead of the transaction of a first POST: it
        takes the caller and what was given, and answers what to give the view instead. `sends` is the media type of
        an answer that is not JSON.
        """
        if may not in PERMISSIONS:
            raise ValueError(f"{may} is not in the table of permissions")
        keyed = method == "POST" and repeats is not None
        answers = None if answer is None else answer()

        def decorate(view: View) -> View:
            @functools.wraps(view)
            def answered(*arguments: Any, **parts: Any) -> Response:
                given = dict(
                    zip(
                        [n for n, s in (("query", query), ("files", files), ("body", body)) if s],
                        arguments,
                        strict=True,
                    )
                )
                caller = parts.pop("_caller")

                def ahead() -> None:
                    if before is not None:
                        given.update(before(caller, given))

                def work() -> Response:
                    return _respond(view(caller, **parts, **given), answers, status)

                return once(caller, work, ahead) if keyed and repeats == "books" else work()

            wrapped: View = answered
            for schema, location in ((body, "json"), (files, "files"), (query, "query")):
                if schema is not None:
                    wrapped = self.arguments(schema(), location=location, error_status_code=422)(wrapped)
            described = answer if sends is None else {"type": "string", "format": "binary"}
            documented = self.response(status, described, content_type=sends or "application/json")(
                _guarded(wrapped, may, body_bytes)
            )
            return self._documented(method, path, may, documented, view, keyed)

        return decorate

    def _documented(  # noqa: PLR0917 - private, called once
        self, method: str, path: str, may: str, documented: View, view: View, keyed: bool
    ) -> View:
        # said in one go: `alt_response` would wrap the view and copy all its documentation again for each status
        responses = documented._apidoc["response"]["responses"]  # type: ignore[attr-defined]
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
        documented = self.doc(**extra)(documented)
        documented.civic_may = may  # type: ignore[attr-defined]
        documented.civic_keyed = keyed  # type: ignore[attr-defined]
        self.add_url_rule(path, endpoint=view.__name__, view_func=documented, methods=[method])
        return documented


def _who_may(view: View, may: str) -> dict[str, Any]:
    """What the description says of the one table: for a person to read, and for a program."""
    roles = holders(may)
    named = "、".join(ROLE_NAMES[role] for role in roles)
    said = f"可办理：{named}。 Who may: {', '.join(roles)} (`{may}`)."
    told = load_info_from_docstring(view.__doc__ or "").get("description", "")
    return {"description": f"{told}\n\n{said}".strip(), "x-permission": may, "x-roles": [role.value for role in roles]}


def _guarded(wrapped: View, may: str, body_bytes: Callable[[], int] | None) -> View:
    """First who asks, then how much they may send, and only then is the body read."""

    @functools.wraps(wrapped)
    def guarded(**parts: Any) -> Any:
        caller = caller_from_request(may)
        if body_bytes is not None:
            request.max_content_length = body_bytes()
        return wrapped(**parts, _caller=caller)

    return guarded


def _respond(value: Any, answer: Schema | None, status: int) -> Response:
    if isinstance(value, Response):
        return value
    if answer is None:
        return Response(status=status)
    response = jsonify(answer.dump(value))
    response.status_code = status
    return response


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
