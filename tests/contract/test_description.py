"""The description of the API: valid, whole, and the same as what the code does; and every refusal well declared."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from referencing import Registry, Resource
from schemathesis.specs.openapi.definitions import OPENAPI_31_VALIDATOR

from backend.kit.auth import PERMISSIONS, Role
from backend.kit.auth.permissions import ROLE_NAMES
from backend.kit.errors import STATUS
from points.errors import KINDS, Category
from tests.contract.surface import BASE, asked, problem_of, routes
from tests.contract.town import Town

Operation = dict[str, Any]
SIGN_INS = {"sign_in", "sign_in_staff", "sign_in_clerk"}
REPEATS_HARMLESSLY = {"look_up_code": "the code is its own key: scanned again, the same answer"}


@pytest.fixture(scope="module")
def description(town: Town) -> dict[str, Any]:
    answer = town.app.test_client().get(f"{BASE}/openapi.json")
    assert answer.status_code == 200
    return dict(answer.json)


def operations(description: dict[str, Any]) -> Iterator[tuple[str, str, Operation]]:
    for path, item in description["paths"].items():
        for method, operation in item.items():
            if method in ("get", "post", "put", "delete", "patch"):
                yield path, method, operation


def test_the_description_is_valid_openapi_3_1(description: dict[str, Any]) -> None:
    assert description["openapi"].startswith("3.1")
    assert OPENAPI_31_VALIDATOR.validate(description) is None


def test_every_schema_in_it_is_a_json_schema(description: dict[str, Any]) -> None:
    for schema in description["components"]["schemas"].values():
        Draft202012Validator.check_schema(schema)
    registry: Registry[Any] = Registry().with_resource("", Resource.opaque(description))
    for reference in _references(description):
        registry.resolver("").lookup(reference)


def _references(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if isinstance(value.get("$ref"), str):
            yield value["$ref"]
        for part in value.values():
            yield from _references(part)
    elif isinstance(value, list):
        for part in value:
            yield from _references(part)


def test_it_describes_every_route_and_no_other(town: Town, description: dict[str, Any]) -> None:
    described = {(method.upper(), path, each["operationId"]) for path, method, each in operations(description)}
    served = {
        (each.method, BASE + re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", each.path), each.name) for each in routes(town.app)
    }
    assert described == served


def test_every_operation_has_a_name_of_its_own_and_a_sentence(description: dict[str, Any]) -> None:
    names = Counter(operation["operationId"] for _, _, operation in operations(description))
    assert [name for name, times in names.items() if times > 1] == []
    for path, method, operation in operations(description):
        assert operation.get("summary", "").strip(), (method, path)
        assert operation["tags"], (method, path)


def test_an_operation_says_that_it_needs_a_sign_in_unless_it_is_open(town: Town, description: dict[str, Any]) -> None:
    """And the scheme it names is declared."""
    may = {route.name: route.may for route in routes(town.app)}
    assert description["components"]["securitySchemes"]["bearer"] == {"type": "http", "scheme": "bearer"}
    for path, method, operation in operations(description):
        is_open = Role.ANYONE in PERMISSIONS[may[operation["operationId"]]]
        assert operation.get("security", []) == ([] if is_open else [{"bearer": []}]), (method, path)
        assert is_open or {"401", "403"} <= operation["responses"].keys(), (method, path)


def test_every_operation_says_who_may_call_it(town: Town, description: dict[str, Any]) -> None:
    """For people in words, for programs as `x-permission` and `x-roles`; all from the one table."""
    may = {route.name: route.may for route in routes(town.app)}
    for path, method, operation in operations(description):
        permission = may[operation["operationId"]]
        roles = [role for role in Role if role in PERMISSIONS[permission]]
        assert (operation["x-permission"], operation["x-roles"]) == (permission, roles), (method, path)
        assert operation["description"].endswith(f"Who may: {', '.join(roles)} (`{permission}`)."), (method, path)
        assert all(ROLE_NAMES[role] in operation["description"] for role in roles), (method, path)


def test_every_post_needs_an_idempotency_key_in_code_and_in_words(town: Town, description: dict[str, Any]) -> None:
    keyed = {route.name for route in routes(town.app) if route.keyed}
    for path, method, operation in operations(description):
        name = operation["operationId"]
        needed = [part for part in operation.get("parameters", []) if part["name"] == "Idempotency-Key"]
        if method != "post" or name in SIGN_INS or name in REPEATS_HARMLESSLY:
            assert not needed, (method, path)
            assert name not in keyed
            continue
        assert name in keyed, f"{method} {path} moves something and can be repeated without a key"
        assert [(part["in"], part["required"]) for part in needed] == [("header", True)], path


def test_every_refusal_is_described_as_a_problem_document(description: dict[str, Any]) -> None:
    for path, method, operation in operations(description):
        for status, response in operation["responses"].items():
            if status.isdigit() and int(status) >= 400:
                assert list(response["content"]) == ["application/problem+json"], (method, path, status)
                assert response["content"]["application/problem+json"]["schema"] == {
                    "$ref": "#/components/schemas/Problem"
                }


def test_every_answer_is_described(description: dict[str, Any]) -> None:
    for path, method, operation in operations(description):
        good = {status: each for status, each in operation["responses"].items() if status.startswith("2")}
        assert len(good) == 1, (method, path)
        status, response = good.popitem()
        assert ("content" in response) == (status != "204"), (method, path, status)


def test_bodies_refuse_what_they_do_not_know_in_words_too(description: dict[str, Any]) -> None:
    for name, schema in description["components"]["schemas"].items():
        if name.endswith(("Body", "Query")):
            assert schema.get("additionalProperties") is False, name


def test_every_text_and_list_that_comes_in_is_bounded(description: dict[str, Any]) -> None:
    """No field of a body takes text or a list of any length, or a number of any size."""
    schemas = description["components"]["schemas"]
    loose = []
    for path, method, operation in operations(description):
        content = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
        for field, schema in _fields(content.get("schema", {}), schemas):
            loose += [f"{method} {path} {field}" for _ in [0] if not _bounded(schema)]
    assert loose == []


def _fields(schema: dict[str, Any], schemas: dict[str, Any], path: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    if "$ref" in schema:
        schema = schemas[schema["$ref"].rpartition("/")[2]]
    for each in schema.get("anyOf", []) + schema.get("oneOf", []) + schema.get("allOf", []):
        yield from _fields(each, schemas, path)
    if path and not {"$ref", "anyOf", "oneOf", "allOf"} & schema.keys():
        yield path, schema
    for name, part in schema.get("properties", {}).items():
        yield from _fields(part, schemas, f"{path}.{name}")
    if "items" in schema:
        yield from _fields(schema["items"], schemas, f"{path}[]")


def _bounded(schema: dict[str, Any]) -> bool:
    types = schema.get("type", "object")
    sorts = set([types] if isinstance(types, str) else types) - {"null"}
    needs = {
        "string": lambda: "maxLength" in schema or "enum" in schema or "pattern" in schema or "format" in schema,
        "array": lambda: "maxItems" in schema,
        "integer": lambda: {"minimum", "maximum"} <= schema.keys(),
        "number": lambda: {"minimum", "maximum"} <= schema.keys(),
    }
    return all(needs[sort]() for sort in sorts if sort in needs)


def test_every_refusal_is_declared_whole() -> None:
    """A code for programs, a sentence in each language, a category that has a status."""
    for code, refusal in KINDS.items():
        assert re.fullmatch(r"[a-z][a-z0-9]*(_[a-z0-9]+)*", code)
        assert refusal.code == code
        assert isinstance(refusal.category, Category)
        assert re.search(r"[\u4e00-\u9fff].*[。}]$", refusal.zh), (code, refusal.zh)
        assert re.search(r"^[^\u4e00-\u9fff]+[.}]$", refusal.en), (code, refusal.en)


def test_every_category_has_a_status_of_its_own_sort() -> None:
    assert STATUS.keys() == set(Category)
    assert all(400 <= status < 600 for status in STATUS.values())


@pytest.mark.parametrize(
    ("asked_for", "language"),
    [
        (None, "zh-CN"),
        ("zh-CN", "zh-CN"),
        ("zh", "zh-CN"),
        ("en", "en"),
        ("en-GB,en;q=0.9", "en"),
        ("fr", "zh-CN"),
        ("fr, en;q=0.5", "en"),
        ("en;q=0.2, zh;q=0.9", "zh-CN"),
    ],
)
def test_a_refusal_speaks_the_callers_language(town: Town, asked_for: str | None, language: str) -> None:
    headers = {"Accept-Language": asked_for} if asked_for else {}
    answer = asked(town.people["resident"], "GET", "/me/earnings/none", headers=headers)
    problem = problem_of(answer)
    assert answer.headers["Content-Language"] == language
    assert problem["detail"] == (KINDS["not_found"].en if language == "en" else KINDS["not_found"].zh)
    assert problem["title"] == KINDS["not_found"].en
    assert problem["retry"] is False
    assert problem["request_id"] == answer.headers["X-Request-Id"]
    assert problem.keys() <= description_fields()


def description_fields() -> set[str]:
    return {"type", "title", "status", "code", "detail", "retry", "request_id", "errors", "details"}


def test_every_answer_carries_the_headers_that_browsers_obey(town: Town) -> None:
    for path in ("/me", "/nothing", "/places/streets"):
        headers = asked(town.people["resident"], "GET", path).headers
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Cache-Control"] == "no-store"
        assert headers["X-Frame-Options"] == "DENY"
        assert headers["Content-Security-Policy"] == "default-src 'none'; frame-ancestors 'none'"
        assert "Server" not in headers or "Werkzeug" not in headers["Server"]
