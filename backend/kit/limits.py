"""How often one caller may ask: sliding windows in the cache server, in memory while it is down."""

from __future__ import annotations

from flask import Flask, request
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address

from backend.kit.auth.caller import session_of_request
from backend.settings import Limits

_SIGN_INS = ("sign_in", "sign_in_staff", "sign_in_clerk", "set_staff_password")


def limit_requests(app: Flask, limits: Limits, storage: str) -> None:
    """A limit for each signed-in caller, one for each address of all others, and a tighter one on signing in."""

    def who() -> str:
        session = None if _signs_in() else session_of_request()  # a token that opens nothing gets no limit of its own
        return session.key if session is not None else get_remote_address()

    def rate() -> str:
        return f"{limits.sign_in_per_minute if _signs_in() else limits.requests_per_minute} per minute"

    limiter = Limiter(
        who,
        app=app,
        default_limits=[rate],
        storage_uri=storage.replace("unix://", "redis+unix://"),
        strategy="moving-window",
        in_memory_fallback_enabled=True,
        enabled=limits.enabled,
        headers_enabled=False,
        key_prefix="limit",
    )
    limiter.request_filter(lambda: request.path in ("/healthz", "/readyz", "/metrics"))


def _signs_in() -> bool:
    return (request.endpoint or "").rpartition(".")[2] in _SIGN_INS
