"""Step: the form of a pack, by the JSON Schema that editors use too; each departure with its line."""

from __future__ import annotations

import json
from decimal import Decimal
from difflib import get_close_matches
from functools import lru_cache
from importlib.resources import files
from itertools import islice
from typing import Any, cast

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError, best_match

from points.rules.problems import MOST_TOLD, Findings
from points.rules.said import KEYS, value_of
from points.rules.texts import NOTHING, Text

_TYPES_ZH = {
    "object": "一组键值",
    "array": "列表",
    "string": "文字",
    "integer": "整数",
    "number": "数字",
    "boolean": " true 或 false",
}

_DAY = Text("日期写成 2026-01-31", "write a day as 2026-01-31")
_PATTERNS = {
    "^[0-9]{6}$": Text('六位数字，加引号："370112"', 'six digits in quotes: "370112"'),
    "^[0-9]{4}-[0-9]{2}-[0-9]{2}$": _DAY,
    "^([01][0-9]|2[0-3]):[0-5][0-9]$": Text('时刻写成 "08:30"，加引号', 'write a time as "08:30", in quotes'),
    "^[a-z0-9][a-z0-9._-]{0,39}$": Text(
        "只用小写英文字母、数字、. _ -，最多 40 个", "only small letters, digits, . _ -, at most 40"
    ),
    "^[0-9A-Za-z][0-9A-Za-z_.-]{0,63}$": Text(
        "只用英文字母、数字、. _ -，最多 64 个", "only letters, digits, . _ -, at most 64"
    ),
}
"""What each pattern of the schemas asks for, as one writes it."""


@lru_cache(maxsize=2)
def validator(name: str = "pack.schema.json") -> Draft202012Validator:
    """The validator of a shipped schema."""
    return Draft202012Validator(json.loads(files("points.rules").joinpath(name).read_text("utf-8")))


def check_form(value: Any, findings: Findings, name: str = "pack.schema.json") -> None:
    """Add a problem for everything that does not fit the schema; refuse the pack when there is one."""
    for error in islice(validator(name).iter_errors(value), MOST_TOLD):
        _report(error, findings)
    findings.stop_if_failed()


def _report(error: ValidationError, findings: Findings) -> None:
    while error.validator in ("anyOf", "oneOf") and error.context:
        error = _nearest(list(error.context))
    path = tuple(error.absolute_path)
    if error.validator == "additionalProperties":
        _unknown_keys(error, path, findings)
    elif error.validator == "required":
        _missing_keys(error, path, findings)
    else:
        code, zh, en = _sentence(error)
        name = _name(path)
        findings.error(path, code, f"{name}{zh}", f"{name}{en}" if name else en)


def _nearest(errors: list[ValidationError]) -> ValidationError:
    """Of the ways a value was meant to be written, the departure from the one it comes nearest to."""
    inside = [each for each in errors if each.relative_path or each.validator not in ("type", "enum")]
    fitting = inside or [each for each in errors if each.validator != "type"] or errors
    return best_match(fitting) or errors[0]


def _name(path: tuple[str | int, ...]) -> str:
    words = [str(part) for part in path if isinstance(part, str)]
    return f"`{words[-1]}` " if words else ""


def _unknown_keys(error: ValidationError, path: tuple[str | int, ...], findings: Findings) -> None:
    allowed, instance = _known(error), cast("dict[str, Any]", error.instance)
    for key in sorted(set(instance) - set(allowed))[:MOST_TOLD]:
        near = get_close_matches(key, allowed, n=1)
        if near and "：" in key:
            zh = f"，冒号要用半角，后面空一格：`{near[0]}: …`。"
            en = f": write the colon of ASCII with a blank after it, `{near[0]}: …`."
            findings.error((*path, key), "unknown_key", f"不认识的键 `{key}`{zh}", f"Unknown key `{key}`{en}")
            continue
        near = near or [each for each in allowed if KEYS.get(each) == key]
        zh = f"，是不是想写 `{near[0]}`？" if near else f"。可用的键：{'、'.join(allowed)}。"
        en = f"; did you mean `{near[0]}`?" if near else f". Known keys: {', '.join(allowed)}."
        findings.error((*path, key), "unknown_key", f"不认识的键 `{key}`{zh}", f"Unknown key `{key}`{en}")


def _missing_keys(error: ValidationError, path: tuple[str | int, ...], findings: Findings) -> None:
    instance = cast("dict[str, Any]", error.instance)
    wanted: Any = error.validator_value
    for key in wanted:
        if key in instance:
            continue
        findings.error((*path, key), "missing_key", f"缺少 `{key}`。", f"`{key}` is missing.")


def _in_chinese(word: object, path: tuple[str | int, ...]) -> str:
    """A word that can be written, and beside it what it means."""
    said = value_of(str(word), tuple(part for part in path if isinstance(part, str))).zh
    return str(word) if said == str(word) else f"{word}（{said}）"


def _one_only(error: ValidationError) -> bool:
    return cast("dict[str, Any]", error.schema).get("maxProperties") == 1


def _known(error: ValidationError) -> list[str]:
    return list(cast("dict[str, Any]", error.schema).get("properties", ()))


def _how(error: ValidationError, kinds: list[str]) -> Text:
    """How to write what is of the wrong type."""
    known = _known(error)
    if "object" in kinds and known:
        return Text(
            f"，写成 {{…: …}}，可写：{'、'.join(known)}", f", written {{...: ...}}; it can hold: {', '.join(known)}"
        )
    if "string" in kinds and isinstance(error.instance, int | Decimal) and not isinstance(error.instance, bool):
        return Text(f'，请加引号："{error.instance}"', f': put it in quotes, "{error.instance}"')
    if kinds == ["array"]:
        return Text("，写在方括号里，用半角逗号隔开", ", written in square brackets with commas")
    if kinds in (["number"], ["integer"]) and isinstance(error.instance, str):
        return Text("，只写阿拉伯数字，不带单位或百分号", ": digits alone, without a unit or a per cent sign")
    return NOTHING


def _sentence(error: ValidationError) -> tuple[str, str, str]:  # noqa: PLR0911 - one line a word of the schema
    limit: Any = error.validator_value
    match error.validator:
        case "type":
            kinds = [limit] if isinstance(limit, str) else list(limit)
            how, zh = _how(error, kinds), "或".join(_TYPES_ZH.get(kind, kind) for kind in kinds)
            return "wrong_type", f"应该是{zh}{how.zh}。", f"must be of type {' or '.join(kinds)}{how.en}."
        case "enum":
            zh = "、".join(_in_chinese(word, tuple(error.absolute_path)) for word in limit)
            return "not_in_list", f"只能是：{zh}。", f"must be one of: {', '.join(map(str, limit))}."
        case "const":
            return "not_in_list", f"应该是 {limit}。", f"must be {limit}."
        case "pattern":
            how = _PATTERNS.get(limit) or Text(f"应符合 {limit}", f"must match {limit}")
            return (
                "wrong_pattern",
                f"写法不对：“{str(error.instance)[:60]}”（{how.zh}）。",
                f"is not written right: `{str(error.instance)[:60]}` ({how.en}).",
            )
        case "minimum" | "exclusiveMinimum":
            least = Text("至少", "at least") if error.validator == "minimum" else Text("须大于", "above")
            return (
                "too_small",
                f"太小：{error.instance}（{least.zh} {limit}）。",
                f"is too small: {error.instance} ({least.en} {limit}).",
            )
        case "maximum" | "exclusiveMaximum":
            return (
                "too_large",
                f"太大：{error.instance}（最多 {limit}）。",
                f"is too large: {error.instance} (at most {limit}).",
            )
        case "minProperties" | "maxProperties":
            known = ", ".join(_known(error))
            if _one_only(error):
                return "exactly_one", f"要写且只写一种：{known}。", f"needs exactly one of: {known}."
            return "empty", f"不能是空的，可写：{known}。", f"must not be empty; it can hold: {known}."
        case "uniqueItems":
            return "doubled_item", "里有重复的项。", "has an item twice."
        case "maxItems" | "maxLength":
            return "too_long", f"太长（最多 {limit}）。", f"is too long (at most {limit})."
        case "minItems" | "minLength":
            return "empty", "不能是空的。", "must not be empty."
        case _:
            return "wrong_form", f"不合规则：{error.message[:200]}", f"does not fit: {error.message[:200]}"
