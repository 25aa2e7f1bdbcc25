"""The API as a whole: its description, its readable page, and its edge rules for every response."""

from __future__ import annotations

from typing import Any

import flask_smorest
from flask import Blueprint, Flask, Response, redirect, request
from flask_swagger_ui import get_swaggerui_blueprint

from backend.kit.http.strict import StrictJSON

BASE = "/api/v1"


class Api(flask_smorest.Api):  # type: ignore[misc]
    """flask-smorest, with our one shape of errors instead of its own."""

    def _register_error_handlers(self) -> None:
        """Refusals are shaped by backend.kit.errors."""


def prepare(app: Flask, *, public_docs: bool, body_bytes: int) -> Api:
    """Set up strict JSON, the OpenAPI description and the headers that every response carries."""
    app.json = StrictJSON(app)
    app.config |= {
        "API_TITLE": "Civic points",
        "API_VERSION": "v1",
        "OPENAPI_VERSION": "3.1.0",
        "OPENAPI_URL_PREFIX": BASE if public_docs else None,
        "OPENAPI_JSON_PATH": "openapi.json",
        "MAX_CONTENT_LENGTH": body_bytes,
        "MAX_FORM_MEMORY_SIZE": body_bytes,
    }
    api = Api(app, spec_kwargs={"info": {"description": "居民文明行为激励服务 · a district's civic incentive scheme"}})
    api.spec.components.security_scheme("bearer", {"type": "http", "scheme": "bearer"})
    app.after_request(_headers)
    if public_docs:
        _docs_page(app)
    return api


def _docs_page(app: Flask) -> None:
    page: Blueprint = get_swaggerui_blueprint(
        f"{BASE}/docs", f"{BASE}/openapi.json", config={"app_name": "Civic points"}
    )
    app.register_blueprint(page, url_prefix=f"{BASE}/docs")

    @app.get(f"{BASE}/docs")
    def docs() -> Any:
        return redirect(f"{BASE}/docs/")


def _headers(response: Response) -> Response:
    response.headers.setdefault("X-Content-Type-Options", "nosniff")
    response.headers.setdefault("Referrer-Policy", "no-referrer")
    response.headers.setdefault("X-Frame-Options", "DENY")
    if request.path.startswith(f"{BASE}/docs"):
        response.headers["Content-Security-Policy"] = (
            "default-src 'none'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; "
            "img-src 'self' data:; connect-src 'self'; font-src 'self'"
        )
    else:
        response.headers.setdefault("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
        response.headers.setdefault("Cache-Control", "no-store")
    return response
