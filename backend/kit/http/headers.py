"""The last step of every answer: the headers that all of them carry."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from backend.kit.observe import REQUEST_ID

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

_ALWAYS = (
    ("X-Content-Type-Options", "nosniff"),
    ("Referrer-Policy", "no-referrer"),
    ("X-Frame-Options", "DENY"),
    ("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'"),
    ("Cache-Control", "no-store"),
)
"""What every answer says, unless its view says otherwise."""
_NAMES = frozenset(name.lower() for name, _ in _ALWAYS)


def with_headers(inner: WSGIApplication) -> WSGIApplication:
    """The application, with these headers and the request's id on whatever it answers."""

    def outer(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        def start(status: str, headers: list[tuple[str, str]], *error: Any) -> Callable[[bytes], object]:
            said = _NAMES.intersection([name.lower() for name, _ in headers])
            unsaid = [pair for pair in _ALWAYS if pair[0].lower() not in said] if said else _ALWAYS
            headers += [("X-Request-Id", environ.get(REQUEST_ID, "")), *unsaid]
            return start_response(status, headers, *error)

        return inner(environ, start)

    return outer
