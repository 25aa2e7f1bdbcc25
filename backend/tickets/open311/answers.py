"""How GeoReport answers: JSON or XML by the extension, and errors as a list of code and description."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from xml.etree import ElementTree as Xml

from flask import Response, json, request

from points.errors import Category, Refused

FORMS = {"json": "application/json; charset=utf-8", "xml": "text/xml; charset=utf-8"}
STATUS: dict[Category, int] = {
    Category.MALFORMED: 400,
    Category.INVALID: 400,
    Category.CONFLICT: 400,
    Category.GONE: 404,
    Category.UNSUPPORTED: 400,
    Category.UNAUTHENTICATED: 403,
    Category.FORBIDDEN: 403,
    Category.NOT_FOUND: 404,
    Category.TOO_LARGE: 413,
    Category.TOO_MANY: 429,
    Category.UNAVAILABLE: 503,
}
"""The standard knows 400, 403 and 404; the others are what HTTP itself has for them."""


def listed(root: str, item: str, found: Sequence[dict[str, Any]], form: str, status: int = 200) -> Response:
    """A list of things: a JSON array, or `<root><item>…` with empty elements for what is not known."""
    if form == "json":
        return _response(json.dumps(found, ensure_ascii=False), form, status)
    top = Xml.Element(root)
    for values in found:
        _fill(Xml.SubElement(top, item), values)
    return _response(_text(top), form, status)


def one(root: str, values: dict[str, Any], form: str) -> Response:
    """A single thing: a JSON object, or `<root>…`."""
    if form == "json":
        return _response(json.dumps(values, ensure_ascii=False), form, 200)
    top = Xml.Element(root)
    _fill(top, values)
    return _response(_text(top), form, 200)


def error(status: int, description: str) -> Response:
    """`[{code, description}]`, in the form that was asked for; XML, the standard's default, when that is unclear."""
    form = "json" if request.path.endswith(".json") else "xml"
    return listed("errors", "error", [{"code": status, "description": description}], form, status)


def refusal(refused: Refused) -> Response:
    """A refusal: our stable code, then the sentence in both languages."""
    sentence = f"{refused.code}: {refused.sentence('zh-CN')} {refused.sentence('en')}"
    response = error(STATUS[refused.kind.category], sentence)
    if refused.kind.retry:
        response.headers["Retry-After"] = "1"
    return response


def _fill(element: Xml.Element, values: dict[str, Any]) -> None:
    for name, value in values.items():
        child = Xml.SubElement(element, name)
        if isinstance(value, bool):
            child.text = "true" if value else "false"
        elif value is not None and not isinstance(value, list):
            child.text = str(value)


def _text(top: Xml.Element) -> str:
    Xml.indent(top)
    return f'<?xml version="1.0" encoding="utf-8"?>\n{Xml.tostring(top, encoding="unicode")}\n'


def _response(text: str, form: str, status: int) -> Response:
    return Response(text, status, content_type=FORMS[form])
