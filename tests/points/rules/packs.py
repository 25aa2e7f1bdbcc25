"""Small packs for tests: a whole pack from the few lines a test is about. JSON is YAML, so values will do."""

import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from points.events import DeedApproved, DeedKind
from points.rules import Decision, Facts, Pack, decide, facts_needed, load_pack

NOW = datetime(2026, 6, 10, 4, tzinfo=UTC)  # noon of a Wednesday in the district


def rule(name: str = "acts", **parts: Any) -> dict[str, Any]:
    return {"rule": name, "title": text(name), "when": {"kind": "act"}, "points": {"each": 10}, **parts}


def cap(name: str = "monthly", **parts: Any) -> dict[str, Any]:
    return {"cap": name, "title": text(name), "per": "resident", "window": "month", "points": 30, **parts}


def text(name: str) -> dict[str, str]:
    return {"zh": name, "en": name}


def raw(*rules: dict[str, Any], **parts: Any) -> dict[str, Any]:
    return {
        "format": 1,
        "pack": "made-up",
        "version": 1,
        "title": text("made up"),
        "document": {"title": text("made up"), "number": "1", "publisher": "nobody"},
        "district": "370112",
        "valid": {"from": "2026-01-01", "to": "2026-12-31"},
        "rounding": "down",
        "fund": "civic",
        "expires": {"months": 12},
        "rules": list(rules) or [rule()],
        **parts,
    }


def pack(*rules: dict[str, Any], **parts: Any) -> Pack:
    return load_pack(written(raw(*rules, **parts)))


def written(value: dict[str, Any]) -> str:
    return json.dumps(value, ensure_ascii=False, default=float)


def deed(kind: str = "act", **parts: Any) -> DeedApproved:
    given = {
        "id": "deed-1",
        "category": "help",
        "at": NOW,
        "resident": "lin",
        "district": "370112",
        "quantity": Decimal(1),
        **parts,
    }
    return DeedApproved(kind=DeedKind(kind), **given)


def decided(of: Pack, event: DeedApproved, **facts: Any) -> Decision:
    """The decision with the given facts; tallies that are not given are 0."""
    tallies = {tally.key: Decimal(0) for tally in facts_needed(of, event).tallies}
    tallies |= {key: Decimal(value) for key, value in facts.pop("tallies", {}).items()}
    return decide(of, event, Facts(**{"decided_at": NOW, **facts, "tallies": tallies}))


def amounts(decision: Decision) -> dict[str, int]:
    """Points by rule."""
    return {grant.rule: grant.amount for grant in decision.grants}
