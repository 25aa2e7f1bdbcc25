"""The API as a whole: its description, its readable page, and its edge rules for every response."""

from __future__ import annotations

from collections.abc import Sequence

import flask_smorest
from flask import Flask

from backend.kit.http.bodies import BoundedRequest
from backend.kit.http.docs import docs_page
from backend.kit.http.endpoint import Endpoints
from backend.kit.http.headers import with_headers
from backend.kit.http.strict import StrictJSON

BASE = "/api/v1"


class Api(flask_smorest.Api):  # type: ignore[misc]  # ships no types
    """flask-smorest, with our one shape of errors instead of its own."""

    DEFAULT_ERROR_RESPONSE_NAME = None  # a `default` would document every status there is, and so none

    def _register_error_handlers(self) -> None:
        """Refusals are shaped by backend.kit.errors."""


def prepare(app: Flask, features: Sequence[Endpoints], *, public_docs: bool, body_bytes: int) -> None:
    """Serve the features with strict JSON, the headers of every response and, where public, their description."""
    app.json, app.request_class = StrictJSON(app), BoundedRequest
    app.config |= {
        "API_TITLE": "Civic points",
        "API_VERSION": "v1",
        "OPENAPI_VERSION": "3.1.0",
        "OPENAPI_URL_PREFIX": BASE,
        "OPENAPI_JSON_PATH": "openapi.json",
        "MAX_CONTENT_LENGTH": body_bytes,
        "MAX_FORM_MEMORY_SIZE": body_bytes,
    }
    app.wsgi_app = with_headers(app.wsgi_app)  # type: ignore[method-assign,assignment]  # as Flask says to wrap it
    if not public_docs:
        for endpoints in features:
            app.register_blueprint(endpoints, url_prefix=BASE)
        return
    api = Api(app, spec_kwargs={"info": {"description": "居民文明行为激励服务 · a district's civic incentive scheme"}})
    api.spec.components.security_scheme("bearer", {"type": "http", "scheme": "bearer"})
    for endpoints in features:
        api.register_blueprint(endpoints, url_prefix=BASE)
    app.register_blueprint(docs_page(), url_prefix=f"{BASE}/docs")
