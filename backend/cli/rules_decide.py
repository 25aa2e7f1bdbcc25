"""`civic rules decide`: one event by one pack, as JSON or in sentences."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import MISSING, fields, replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import click

from backend.passbook import accounts
from backend.passbook.subjects import names_without_books
from points.errors import Category, kind
from points.events import DeedApproved
from points.rules import Facts, decide, explain, facts_needed, load_pack
from points.rules.bounds import check_event, check_facts
from points.rules.wire import unpack

_NEEDED = [each.name for each in fields(DeedApproved) if each.default is MISSING and each.default_factory is MISSING]

TALLY_UNKNOWN = kind(
    "rules_tally_unknown",
    Category.INVALID,
    zh="规则对这件事不问累计数“{unknown}”；它问的是：{known}。",
    en="The rules ask no tally `{unknown}` of this deed; they ask: {known}.",
)


def decided(file: Path, written: bytes, language: str) -> tuple[str, list[str]]:
    """The decision's JSON and its sentences; a usage error for JSON that is no event with facts.

    Refused with `rules_tally_unknown` where a tally is given that the rules do not ask of this deed.
    """
    try:
        text = written.decode("utf-8-sig")
        event, facts = _read(json.loads(text, parse_float=Decimal, object_pairs_hook=_once))
        check_event(event)
        check_facts(facts)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as wrong:
        raise click.UsageError(f"这不是一个事件 / this is no event with facts: {wrong}") from wrong
    pack = load_pack(file)
    needed = facts_needed(pack, event)
    missing = {tally.key: Decimal(0) for tally in needed.tallies}
    if unknown := sorted(set(facts.tallies) - set(missing)):
        raise TALLY_UNKNOWN(unknown=", ".join(unknown), known=", ".join(missing) or "-")
    decision = decide(pack, event, replace(facts, tallies={**missing, **facts.tallies}))
    return decision.to_json(), explain(
        decision, language, pack, accounts.titles(), names_without_books(pack.district), dry=True
    )


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object of JSON; ValueError for a key that stands twice."""
    found = dict(pairs)
    if len(found) < len(pairs):
        twice = next(key for key, times in Counter(key for key, _ in pairs).items() if times > 1)
        raise ValueError(f"“{twice}”写了两次 / `{twice}` is written twice")
    return found


def _read(value: dict[str, Any]) -> tuple[DeedApproved, Facts]:
    _known(value, "", ["event", "facts"], ["event"])
    _known(value["event"], "event", [each.name for each in fields(DeedApproved)], _NEEDED)
    _known(value.get("facts", {}), "facts", [each.name for each in fields(Facts)], [])
    event = unpack(DeedApproved, value["event"])
    facts = {"decided_at": value["event"]["at"], **value.get("facts", {})}
    return event, unpack(Facts, facts)


def _known(value: Any, name: str, known: list[str], needed: list[str]) -> None:
    """Say which key is strange or missing, and which ones there are."""
    if not isinstance(value, dict):
        raise TypeError(f"`{name or 'JSON'}` 应是一组键值 / must be an object: {', '.join(known)}")
    where = f"{name}." if name else ""
    if strange := sorted(set(value) - set(known)):
        there = ", ".join(known)
        raise ValueError(f"不认识 `{where}{strange[0]}`，可写：{there} / unknown key; known: {there}")
    if missing := [key for key in needed if key not in value]:
        raise ValueError(f"缺少 `{where}{missing[0]}` / `{where}{missing[0]}` is missing")
