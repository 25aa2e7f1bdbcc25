"""A repeated POST gets its first answer: the key is stored in the same transaction as what it did."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import cast

import redis
from flask import Response, after_this_request, current_app, request
from sqlalchemy import Integer, String, Text, UniqueConstraint, delete, select
from sqlalchemy.orm import Mapped, mapped_column

from backend.kit.auth.caller import Caller
from backend.kit.clock import fresh_id, now
from backend.kit.crypto import cipher
from backend.kit.db import Base, DistrictRow, Moment, db, once_more_if_raced, rows, transaction
from points.errors import Category, kind
from points.ids import first_at, is_id

KEY_NEEDED = kind(
    "idempotency_key_needed",
    Category.MALFORMED,
    zh="请求需要 Idempotency-Key（UUIDv7）。",
    en="This request needs an Idempotency-Key header, a UUIDv7 made by the caller.",
)
KEY_REUSED = kind(
    "idempotency_key_reused",
    Category.INVALID,
    zh="同一个 Idempotency-Key 已用于不同的内容。",
    en="This Idempotency-Key was used with other content.",
)
STILL_RUNNING = kind(
    "still_running",
    Category.CONFLICT,
    zh="同一请求正在处理，请稍候。",
    en="The same request is still running; wait.",
    retry=True,
)
KEY_EXPIRED = kind(
    "idempotency_key_expired",
    Category.GONE,
    zh="Idempotency-Key 的时间已超过 {days} 天，当时的回答已不再保存；请查询结果，确需再办请用新的编号。",
    en="This Idempotency-Key is more than {days} days old and its answer is kept no longer; look at what came of it, "
    "and use a new key to do it again.",
)
_RUNNING_SECONDS = 60
_BEYOND = timedelta(days=7)
"""How much longer an answer is kept than its key is taken: a clock that is set back by less opens no gap."""
_AT_ONCE = 500


class FirstAnswer(DistrictRow, Base):
    """What was answered to a caller's key the first time."""

    __tablename__ = "first_answer"
    __table_args__ = (UniqueConstraint("district", "caller", "key"),)

    caller: Mapped[str] = mapped_column(String(60))
    key: Mapped[str] = mapped_column(String(36))
    content: Mapped[str] = mapped_column(String(64))
    status: Mapped[int] = mapped_column(Integer)
    body: Mapped[str] = mapped_column(Text)
    """Sealed: an answer may hold a key that is shown once."""
    at: Mapped[datetime] = mapped_column(Moment)


def key_of_request() -> str:
    """The caller's Idempotency-Key; refused when it is missing or no UUIDv7."""
    key: str = request.environ.get("HTTP_IDEMPOTENCY_KEY", "")
    if not is_id(key):
        raise KEY_NEEDED()
    return key


def answered_before() -> None:
    """Mark the answer of this request as a repetition; for views that hand the key to the ledger themselves."""

    @after_this_request
    def mark(response: Response) -> Response:
        response.headers["Idempotency-Replayed"] = "true"
        return response


def once(caller: Caller, work: Callable[[], Response], ahead: Callable[[], None]) -> Response:
    """Do `work` and store its answer in one transaction; a repetition gets the stored answer.

    `ahead` is done before the transaction opens, and only for what was not answered yet.
    """
    key, content = key_of_request(), _content()
    if known := _first_answer(caller, key, content):
        return known
    if key < first_at(now() - _kept()):
        raise KEY_EXPIRED(days=_kept().days)
    mark = f"running:{caller.district}:{caller.name}:{key}"
    cache = cast("redis.Redis", current_app.extensions["civic_cache"])
    if not cache.set(mark, "1", nx=True, ex=_RUNNING_SECONDS):
        raise STILL_RUNNING()
    try:
        db.session.rollback()  # no connection is held while slow work is done
        ahead()
        return once_more_if_raced(lambda: _first_time(caller, key, content, work))
    finally:
        cache.delete(mark)


def forget_answers(district: str) -> int:
    """Delete answers that are older than is promised, as is their key; answers how many. For the worker.

    Whoever repeats such a request is refused by the key's own time, so nothing is done twice.
    """
    floor, gone = first_at(now() - _kept() - _BEYOND), 0
    old = select(FirstAnswer.id).where(
        FirstAnswer.district == district, FirstAnswer.id < floor, FirstAnswer.key < floor
    )
    while True:
        with transaction() as session:
            found = list(session.scalars(old.limit(_AT_ONCE)))
            session.execute(delete(FirstAnswer).where(FirstAnswer.district == district, FirstAnswer.id.in_(found)))
        gone += len(found)
        if len(found) < _AT_ONCE:
            return gone


def _kept() -> timedelta:
    return timedelta(days=cast(int, current_app.extensions["civic_settings"].repeats.keep_days))


def _first_time(caller: Caller, key: str, content: str, work: Callable[[], Response]) -> Response:
    with transaction() as session:
        if known := _first_answer(caller, key, content):  # it ended between our look and our mark
            return known
        response, identifier = work(), fresh_id()
        session.add(
            FirstAnswer(
                district=caller.district,
                id=identifier,
                caller=caller.name,
                key=key,
                content=content,
                status=response.status_code,
                body=cipher().seal(f"first_answer:{identifier}:body", response.get_data(as_text=True)),
                at=now(),
            )
        )
    return response


def _first_answer(caller: Caller, key: str, content: str) -> Response | None:
    query = rows(FirstAnswer, caller.district).where(FirstAnswer.caller == caller.name, FirstAnswer.key == key)
    first = db.session.scalar(query)
    if first is None:
        return None
    if first.content != content:
        raise KEY_REUSED()
    body = cipher().open(f"first_answer:{first.id}:body", first.body)
    response = Response(body, first.status, content_type="application/json")
    response.headers["Idempotency-Replayed"] = "true"
    return response


def _content() -> str:
    """A hash of what is asked for: method, path, query, body; a multipart body by its fields and files."""
    digest = hashlib.sha256(f"{request.method} {request.full_path}\n".encode())
    if request.mimetype == "multipart/form-data":
        for name, value in sorted(request.form.items(multi=True)):
            digest.update(f"{name}={value}\n".encode())
        for name, file in sorted(request.files.items(multi=True), key=lambda item: item[0]):
            digest.update(f"{name}:".encode() + hashlib.sha256(file.stream.read()).digest())
            file.stream.seek(0)
    else:
        digest.update(request.get_data(cache=True))
    return cipher().index("first_answer", digest.hexdigest())  # keyed: a body may hold a password
