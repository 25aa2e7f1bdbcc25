"""What a resident sees of their points: the balance, each earning, and why it is what it is."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from backend.kit.auth import Caller
from backend.kit.db import db, find, rows
from backend.kit.http import Page, page_of
from backend.passbook import packs
from backend.passbook.earn import decision_of
from backend.passbook.models import Earning, GrantRow
from backend.wiring import ledger
from points.ledger import Balance
from points.rules import Silence, explain, silent

LANGUAGES = ("zh-CN", "en")


@dataclass(frozen=True)
class EarningView:
    """An earning as its resident sees it."""

    id: str
    kind: str
    deed: str
    category: str
    at: datetime
    decided_at: datetime
    state: str
    """`waiting_for_rules`, `waiting`, `posted`, `refused` or `undone`; `posted` when every grant is settled."""
    asked: int
    granted: int
    sentences: dict[str, list[str]]
    grants: list[dict[str, Any]]
    decision: dict[str, Any] | None
    silent: dict[str, list[str]]


def points_of(caller: Caller) -> Balance:
    """The resident's points now, as the ledger has them."""
    return ledger(caller.district).balance(caller.id)


def earnings_of(caller: Caller, cursor: str | None, limit: int) -> Page:
    """A resident's earnings, newest first, without the long explanation."""
    page = page_of(rows(Earning, caller.district).where(Earning.resident == caller.id), Earning, cursor, limit)
    grants = _grants_of(caller.district, [row.id for row in page.items])
    return Page([_brief(row, grants.get(row.id, [])) for row in page.items], page.next_cursor)


def earning_of(caller: Caller, identifier: str) -> EarningView:
    """One earning, explained; someone else's is not found."""
    row = find(Earning, caller.district, identifier)
    if row.resident != caller.id:
        find(Earning, caller.district, "")
    grants = _grants_of(caller.district, [row.id]).get(row.id, [])
    decision = decision_of(row)
    brief = _brief(row, grants)
    if decision is None:
        sentences = {
            "zh-CN": ["这件事已获批准,但当天还没有生效的规则;规则发布后会自动计算。"],
            "en": [
                "This deed is approved, but no rules are in force for its day; it is decided once they are published."
            ],
        }
        return EarningView(**brief, sentences=sentences, grants=[], decision=None, silent={})
    pack = packs.by_digest(row.district, decision.digest)
    return EarningView(
        **brief,
        sentences={language: explain(decision, language, pack) for language in LANGUAGES},
        grants=[_grant(g) for g in grants],
        decision=json.loads(decision.to_json()),
        silent={language: [_why(s, language) for s in silent(pack, decision)] for language in LANGUAGES},
    )


def _why(silence: Silence, language: str) -> str:
    return f"{silence.title.say(language)}: {silence.reason.say(language)}"


def _brief(row: Earning, grants: list[GrantRow]) -> dict[str, Any]:
    return {
        "id": row.id,
        "kind": row.kind,
        "deed": row.deed,
        "category": row.category,
        "at": row.at,
        "decided_at": row.decided_at,
        "state": _state(row, grants),
        "asked": sum(g.amount for g in grants),
        "granted": sum(g.granted for g in grants if g.state == "posted"),
    }


def _state(row: Earning, grants: list[GrantRow]) -> str:
    if row.undone:
        return "undone"
    if row.decision is None:
        return "waiting_for_rules"
    states = {g.state for g in grants}
    return "waiting" if "waiting" in states else "refused" if states == {"refused"} else "posted"


def _grants_of(district: str, earnings: list[str]) -> dict[str, list[GrantRow]]:
    found: dict[str, list[GrantRow]] = {}
    for grant in db.session.scalars(
        rows(GrantRow, district).where(GrantRow.earning.in_(earnings)).order_by(GrantRow.id)
    ):
        found.setdefault(grant.earning, []).append(grant)
    return found


def _grant(grant: GrantRow) -> dict[str, Any]:
    return {
        "rule": grant.rule,
        "fund": grant.fund,
        "asked": grant.amount,
        "granted": grant.granted,
        "state": grant.state,
        "reason": grant.reason,
        "entry": grant.entry,
        "cuts": [{"cap": c[0], "asked": c[1], "granted": c[2]} for c in grant.cuts],
    }
