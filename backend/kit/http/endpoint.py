"""One decorator for a route: who may, what comes in, what goes out, how it repeats, and its documentation."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from flask import Response, request
from flask_smorest import Blueprint
from marshmallow import Schema

from backend.kit.auth import PERMISSIONS, caller_from_request
from backend.kit.auth.caller import Beside
from backend.kit.http import straight
from backend.kit.http.description import Declared, Part, View, described
from backend.kit.http.idempotency import once
from backend.kit.http.strict import StrictParser, write_json

Before = Callable[[Any, dict[str, Any]], dict[str, Any]]


class Endpoints(Blueprint):  # type: ignore[misc]  # ships no types
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
        asked = (("query", query, "query"), ("files", files, "files"), ("body", body, "json"))
        parts = tuple(Part(name, schema(), location) for name, schema, location in asked if schema is not None)
        route = Declared(method, path, may, parts, answer, status, sends, keyed)

        def decorate(view: View) -> View:
            remembered = keyed and repeats == "books"
            answered = self._answering(view, route, remembered=remembered, body_bytes=body_bytes, before=before)
            documentation = described(self, view, route)
            vars(answered).update(_apidoc=documentation, civic_may=may, civic_keyed=keyed, civic_beside=beside)
            self.add_url_rule(path, endpoint=view.__name__, view_func=answered, methods=[method])
            return answered

        return decorate

    def _answering(
        self,
        view: View,
        route: Declared,
        *,
        remembered: bool,
        body_bytes: Callable[[], int] | None,
        before: Before | None,
    ) -> View:
        """What is done at each request."""
        may, status = route.may, route.status
        readers = [(part.name, self._reader(part.schema, part.location)) for part in route.parts]
        dump = None if route.answer is None else straight.dumper(route.answer())

        @functools.wraps(view)
        def answered(**named: Any) -> Response:
            """First who asks, then how much they may send, and only then is the body read."""
            caller = caller_from_request(may)
            if body_bytes is not None:
                request.max_content_length = body_bytes()
            given = {name: read() for name, read in readers}

            def ahead() -> None:
                if before is not None:
                    given.update(before(caller, given))

            def work() -> Response:
                return _respond(view(caller, **named, **given), dump, status)

            return once(caller, work, ahead) if remembered else work()

        return answered

    def _reader(self, schema: Schema, location: str) -> Callable[[], Any]:
        """How a part of the request is read. Where the short way finds anything wrong, webargs says what it is."""
        parser, load = self.ARGUMENTS_PARSER, straight.loader(schema) if location == "json" else None

        def read() -> Any:
            asked = request._get_current_object()  # type: ignore[attr-defined]  # typed as what it stands for
            if load is not None and (given := load(parser.load_json(asked, schema))) is not None:
                return given
            return parser.parse(schema, asked, location=location, error_status_code=422)

        return read


def _respond(value: Any, dump: straight.Dump | None, status: int) -> Response:
    if isinstance(value, Response):
        return value
    if dump is None:
        return Response(status=status)
    return Response(write_json(dump(value)) + "\n", status, content_type="application/json")
