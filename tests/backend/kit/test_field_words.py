"""Whoever reads Chinese is told in Chinese why a field was refused, whatever field it is."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from marshmallow import Schema, fields, validate

from backend.kit.errors.field_words import SENTENCES, in_chinese
from backend.kit.http import Body, Query
from backend.settings import ROOT
from tests.backend.kit.probe import Probe
from tests.cast import Cast, Person

CHINESE = re.compile(r"[\u4e00-\u9fff]")
ENGLISH = {"Accept-Language": "en-GB,en;q=0.8"}
FILLED = {"min": 1, "max": 2, "equal": 3, "choices": "a, b", "input": "x", "awareness": "aware", "obj_type": "datetime"}


def _refused(person: Person, body: Any, **headers: str) -> Any:
    sent = {"Authorization": f"Bearer {person.token}", "Idempotency-Key": "01930000-0000-7000-8000-000000000001"}
    answer = person.client.post("/api/v1/probe", json=body, headers=sent | headers)
    assert (answer.status_code, answer.json["code"]) == (422, "invalid_fields")
    return answer.json["errors"]["json"]


def test_the_fields_are_told_in_the_callers_language(cast: Cast, probe: Probe) -> None:
    person, wrong = cast.resident(), {"text": "x" * 51, "more": 1}
    assert _refused(person, wrong) == {"text": ["长度应在 1 到 50 之间。"], "more": ["没有这一项。"]}
    told = _refused(person, wrong, **ENGLISH)
    assert told == {"text": ["Length must be between 1 and 50."], "more": ["Unknown field."]}
    assert _refused(person, []) == {"_schema": ["应为一个对象。"]}
    assert _refused(person, {}) == {"text": ["缺少此项。"]}


def test_what_was_sent_and_names_of_fields_are_not_translated() -> None:
    told = in_chinese({"json": {"Unknown field.": {"0": ["Must be one of: a, {b}."]}}})
    assert told == {"json": {"Unknown field.": {"0": ["应为其中之一：a, {b}。"]}}}


def test_a_sentence_nobody_translated_is_told_as_it_is() -> None:
    assert in_chinese({"a": ["Out of tune."]}) == {"a": ["Out of tune."]}


@pytest.mark.parametrize("text", ["Must be greater than or equal to 1 and less than or equal to 9."])
def test_a_range_is_not_taken_for_its_lower_bound(text: str) -> None:
    assert in_chinese(text) == "应在 1 到 9 之间。"


def test_every_sentence_of_every_field_that_comes_in_is_known(app: Flask) -> None:
    found = {text for base in (Body, Query) for schema in _below(base) for text in _sentences(schema)}
    assert len(found) > 20
    assert sorted(text for text in found if not CHINESE.search(in_chinese(text))) == []


def test_every_sentence_of_our_own_is_known_and_no_other() -> None:
    said = {text for path in (ROOT / "backend").rglob("*.py") for text in _raised(path)}
    assert said
    assert said - SENTENCES.keys() == set()
    assert list(SENTENCES)[-len(said) :] == [text for text in SENTENCES if text in said], "one is said no more"


def _below(schema: type[Schema]) -> Iterator[type[Schema]]:
    for each in schema.__subclasses__():
        yield each
        yield from _below(each)


def _sentences(schema: type[Schema]) -> Iterator[str]:
    made = schema()
    yield from made.error_messages.values()
    for field in made._declared_fields.values():
        yield from _of_field(field)


def _of_field(field: fields.Field[Any]) -> Iterator[str]:
    kind = getattr(field, "OBJ_TYPE", "datetime")
    aware = isinstance(field, fields.AwareDateTime)
    for name, text in field.error_messages.items():
        if aware or name != "invalid_awareness":
            yield text.format_map(FILLED | {"obj_type": kind})
    for check in field.validators:
        yield from _of_validator(check)
    if isinstance(field, fields.List):
        yield from _of_field(field.inner)


def _of_validator(check: Any) -> Iterator[str]:
    if isinstance(check, validate.Range | validate.Length):
        names = ["message_all" if check.max is not None else "message_min"]
        if isinstance(check, validate.Length) and check.equal is not None:
            names = ["message_equal"]
        yield from (getattr(check, name).format_map(FILLED) for name in names)
    elif isinstance(check, validate.OneOf | validate.Regexp):
        yield check.error.format_map(FILLED)


def _raised(path: Path) -> Iterator[str]:
    """The sentences of `ValidationError("…")` in a file."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "ValidationError":
            assert isinstance(node.args[0], ast.Constant), f"{path}: a sentence is put together"
            yield str(node.args[0].value)
