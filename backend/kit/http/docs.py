"""The API's readable page: Swagger UI from a package, no network, no inline script."""

from __future__ import annotations

from pathlib import Path

import flask_swagger_ui
from flask import Blueprint, Response, abort, redirect, send_from_directory
from werkzeug.wrappers import Response as AnyResponse

_PARTS = Path(flask_swagger_ui.__file__).parent / "dist"
_SENT = ("swagger-ui.css", "swagger-ui-bundle.js", "favicon-32x32.png")
_PAGE = """<!doctype html>
<html lang="zh-CN">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>接口说明 · API</title>
<link rel="icon" href="favicon-32x32.png">
<link rel="stylesheet" href="swagger-ui.css">
<div id="api"></div>
<script src="swagger-ui-bundle.js"></script>
<script src="start.js"></script>
</html>
"""
_START = """SwaggerUIBundle({
  url: "../openapi.json", dom_id: "#api", deepLinking: true, docExpansion: "list", showExtensions: true
});
"""
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "connect-src 'self'; font-src 'self' data:; frame-ancestors 'none'"
)


def docs_page() -> Blueprint:
    """The page and its parts, to be registered at /api/v1/docs."""
    page = Blueprint("docs", __name__)

    @page.get("")
    def without_slash() -> AnyResponse:
        return redirect("docs/")

    @page.get("/")
    def index() -> Response:
        return _sent(Response(_PAGE, content_type="text/html; charset=utf-8"))

    @page.get("/start.js")
    def start() -> Response:
        return _sent(Response(_START, content_type="text/javascript; charset=utf-8"))

    @page.get("/<name>")
    def part(name: str) -> Response:
        if name not in _SENT:
            abort(404)
        return _sent(send_from_directory(_PARTS, name))

    return page


def _sent(response: Response) -> Response:
    response.headers["Content-Security-Policy"] = _POLICY
    response.headers["Cache-Control"] = "no-cache"
    return response
