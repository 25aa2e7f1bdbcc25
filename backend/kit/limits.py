"""How often one caller may ask: sliding windows in the cache server, in memory while it is down."""

from __future__ import annotations

from hashlib import sha256

from flask import Flask, request
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address

from backend.settings import Limits

_SIGN_IN = ("/session",)


def limit_requests(app: Flask, limits: Limits, storage: str) -> None:
    """A limit for each caller (by token, else by address), and a tighter one on signing in."""

    def who() -> str:
        token = request.headers.get("Authorization", "")
        return sha256(token.encode()).hexdigest() if token and not _signs_in() else get_remote_address()

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
    return request.method == "POST" and request.path.endswith(_SIGN_IN)
