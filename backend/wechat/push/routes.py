"""Where WeChat knocks: `/wechat/push`, GET to ask whose address it is, POST to tell what happened."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import structlog
from flask import Blueprint, Response, request
from redis.exceptions import RedisError

from backend.wechat.push.receiver import Outcome, PushReceiver
from points.errors import Refused

log = structlog.get_logger(__name__)

_MOST_BYTES: Final = 256 * 1024


def make_push_blueprint(get_receiver: Callable[[], PushReceiver]) -> Blueprint:
    """The callback's blueprint; `get_receiver` is asked on each request, so that wiring may come later.

    Answers are for a machine that knows only `success`: plain text; 403 for what WeChat did not sign, 413 for what is
    too large, 409 while the same event is being taken, 503 while the cache is away (WeChat delivers again).
    """
    push = Blueprint("wechat_push", __name__)

    @push.get("/wechat/push")
    def echo() -> Response:
        """Say back the word that proves the address is ours."""
        return _plain(get_receiver().echo(request.args))

    @push.post("/wechat/push")
    def receive() -> Response:
        """Take one event, and say so at once."""
        request.max_content_length = _MOST_BYTES
        outcome = get_receiver().receive(request.args, request.get_data(cache=False))
        return _plain("", 409) if outcome is Outcome.IN_HAND else _plain("success")

    @push.errorhandler(Refused)
    def refused(refusal: Refused) -> Response:
        log.warning("wechat_push_refused", reason=refusal.code)
        return _plain(refusal.code, 403)

    @push.errorhandler(RedisError)
    def cache_away(_error: RedisError) -> Response:
        log.warning("wechat_push_not_taken", reason="cache")
        return _plain("", 503)

    return push


def _plain(text: str, status: int = 200) -> Response:
    return Response(text, status, mimetype="text/plain", headers={"X-Content-Type-Options": "nosniff"})
