"""Refusals and faults become `application/problem+json`, with a stable code and a sentence in the caller's language."""

from __future__ import annotations

from typing import Any

import redis
import structlog
from flask import Flask, Response, g, json, request
from marshmallow import Schema, fields
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response as BaseResponse

from backend.kit.db import BOOKS_UNAVAILABLE, is_outage
from backend.kit.errors.field_words import in_chinese
from backend.kit.log_lines import cleaned
from points.errors import Category, Kind, Refused, kind

STATUS: dict[Category, int] = {
    Category.MALFORMED: 400,
    Category.UNAUTHENTICATED: 401,
    Category.FORBIDDEN: 403,
    Category.NOT_FOUND: 404,
    Category.CONFLICT: 409,
    Category.GONE: 410,
    Category.TOO_LARGE: 413,
    Category.UNSUPPORTED: 415,
    Category.INVALID: 422,
    Category.TOO_MANY: 429,
    Category.UNAVAILABLE: 503,
}
"""The one table that maps refusals to HTTP."""

FAULT = kind(
    "fault",
    Category.UNAVAILABLE,
    zh="服务出错，已记录；请凭请求编号联系工作人员。",
    en="Something broke on our side and was logged; quote the request id to the staff.",
)
CACHE_UNAVAILABLE = kind(
    "sessions_unavailable",
    Category.UNAVAILABLE,
    zh="登录服务暂时不可用，请稍后重试。",
    en="Sign-ins cannot be checked just now; try again shortly.",
    retry=True,
)
HTTP_KINDS: dict[int, Kind] = {
    400: kind("malformed_request", Category.MALFORMED, zh="请求格式有误。", en="The request cannot be read."),
    401: kind("sign_in_needed", Category.UNAUTHENTICATED, zh="请先登录。", en="Sign in first."),
    403: kind("not_allowed", Category.FORBIDDEN, zh="您没有这项权限。", en="You may not do this."),
    404: kind("no_such_path", Category.NOT_FOUND, zh="没有这个地址。", en="There is nothing at this address."),
    405: kind(
        "method_not_allowed",
        Category.MALFORMED,
        zh="此地址不支持该方法。",
        en="This address does not take that method.",
    ),
    406: kind(
        "not_acceptable", Category.UNSUPPORTED, zh="无法给出所要的格式。", en="The wanted format cannot be given."
    ),
    408: kind("request_timeout", Category.MALFORMED, zh="请求超时。", en="The request took too long.", retry=True),
    411: kind("length_required", Category.MALFORMED, zh="请求缺少长度。", en="The request needs a length."),
    413: kind("body_too_large", Category.TOO_LARGE, zh="提交的内容过大。", en="The request's body is too large."),
    414: kind("address_too_long", Category.TOO_LARGE, zh="地址过长。", en="The address is too long."),
    415: kind(
        "wrong_media_type", Category.UNSUPPORTED, zh="不支持的内容类型。", en="This kind of content is not taken here."
    ),
    422: kind("invalid_fields", Category.INVALID, zh="有字段不符合要求。", en="Some fields are not as they must be."),
    429: kind(
        "too_many_requests",
        Category.TOO_MANY,
        zh="请求过于频繁，请稍后再试。",
        en="Too many requests; wait.",
        retry=True,
    ),
    431: kind("headers_too_large", Category.TOO_LARGE, zh="请求头过大。", en="The request's headers are too large."),
    503: kind("unavailable", Category.UNAVAILABLE, zh="服务暂时不可用。", en="Not available just now.", retry=True),
}


class ProblemSchema(Schema):
    """RFC 9457."""

    type = fields.String(metadata={"description": "about:blank, or the address of a page on this problem"})
    title = fields.String(required=True)
    status = fields.Integer(required=True)
    code = fields.String(required=True, metadata={"description": "stable; what a program should look at"})
    detail = fields.String(required=True, metadata={"description": "a sentence in the caller's language"})
    retry = fields.Boolean(required=True, metadata={"description": "whether the same request may succeed later"})
    request_id = fields.String()
    errors = fields.Dict(metadata={"description": "the fields that were refused, and why, in the caller's language"})
    details = fields.Dict(metadata={"description": "the figures behind the sentence"})


def language() -> str:
    """The caller's language: Chinese unless English is preferred."""
    return request.accept_languages.best_match(["zh-CN", "zh", "en"], default="zh-CN") or "zh-CN"


def problem(
    refusal: Refused, status: int | None = None, errors: Any = None, headers: dict[str, str] | None = None
) -> Response:
    """A refusal as a response; `status` only where HTTP itself is stricter than our table."""
    code = status or STATUS[refusal.kind.category]
    details = {k: cleaned(v) if isinstance(v, str) else v for k, v in refusal.details.items()}
    refusal = Refused(refusal.kind, details)  # a phone that somebody mistook for a name is not handed back
    body: dict[str, Any] = {
        "type": "about:blank",
        "title": refusal.sentence("en"),
        "status": code,
        "code": refusal.code,
        "detail": refusal.sentence(language()),
        "retry": refusal.kind.retry,
        "request_id": g.get("request_id", ""),
    }
    if errors:
        body["errors"] = errors if language() == "en" else in_chinese(errors)
    if refusal.details:
        body["details"] = {
            k: v if isinstance(v, int | float | str | bool) else str(v) for k, v in refusal.details.items()
        }
    response = Response(json.dumps(body, ensure_ascii=False), code, content_type="application/problem+json")
    response.headers.extend(headers or {})
    response.headers["Content-Language"] = "en" if language() == "en" else "zh-CN"
    if code == 401:
        response.headers.setdefault("WWW-Authenticate", "Bearer")
    if code == 503:
        response.headers.setdefault("Retry-After", str(refusal.kind.wait_seconds))
    return response


def register(app: Flask) -> None:
    """Every way a request can fail, in one shape. Faults are logged with their traceback and answer 500."""
    app.register_error_handler(Refused, problem)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(DBAPIError, _books)
    app.register_error_handler(PoolTimeoutError, _books_down)
    for lost in (redis.ConnectionError, redis.TimeoutError):
        app.register_error_handler(lost, _cache_down)
    app.register_error_handler(Exception, _fault)


def _http(error: HTTPException) -> BaseResponse:
    status = error.code or 500
    if status < 400:
        return error.get_response()
    known = HTTP_KINDS.get(status, HTTP_KINDS[400] if status < 500 else FAULT)
    data = getattr(error, "data", None) or {}
    messages = data.get("messages") or getattr(error, "exc", None)
    headers = {k: v for k, v in error.get_headers() if k.lower() not in ("content-type", "content-length")}
    return problem(known(), status, messages if isinstance(messages, dict) else None, headers)


def _books(error: DBAPIError) -> Response:
    """An outage of the database is a refusal; a statement that cannot be is a bug, and stays one."""
    if not is_outage(error):
        return _fault(error)
    return _books_down(error)


def _books_down(error: Exception) -> Response:
    structlog.get_logger().error("books_unavailable", reason=str(getattr(error, "orig", error)).strip()[:200])
    return problem(BOOKS_UNAVAILABLE())


def _cache_down(error: Exception) -> Response:
    structlog.get_logger().error("cache_unavailable", kind=type(error).__name__)
    return problem(CACHE_UNAVAILABLE())


def _fault(error: Exception) -> Response:
    structlog.get_logger().exception("fault", exc_info=error)
    return problem(FAULT(), 500)
