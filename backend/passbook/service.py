"""What a resident sees of their points: the balance, each earning, and why it is what it is."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from backend.kit.auth import Caller
from backend.kit.days import local_day
from backend.kit.db import NOT_FOUND, find, rows
from backend.kit.http import Page, page_of
from backend.passbook import accounts, appeals, corrections, kept, packs, posting, worded
from backend.passbook.earn import decision_of
from backend.passbook.models import Correction, Earning, GrantRow
from backend.passbook.subjects import names_of
from backend.wiring import ledger
from points.errors import KINDS, Category, Refused
from points.ledger import Balance
from points.rules import Decision, Silence, explain, silent

LANGUAGES = packs.LANGUAGES
_UNSETTLED = ("waiting", "refused")
_WAITS_FOR_RULES = {
    "zh-CN": "这件事已获批准，但当天还没有生效的规则；规则发布后会自动计算。",
    "en": "This deed is approved, but no rules are in force for its day; it is decided once they are published.",
}
_UNDONE = {
    "zh-CN": "这件事的积分已撤销，没有用完的已收回；已经用掉的不追回，您不欠任何积分。",
    "en": "This earning was undone and what was left of it taken back; what was spent stays spent, nothing is owed.",
}
_CORRECTED = {
    "zh-CN": "{day} 更正：由 {before} 分改为 {after} 分。理由：{reason}",
    "en": "Corrected on {day}: {before} points became {after}. Reason: {reason}",
}
_KEPT = {
    "zh-CN": "其中 {kept} 分在更正前已经用掉，不追回。",
    "en": "{kept} of these points had been spent before the correction; they are not asked back.",
}
_MISSING = {"zh-CN": "积分还没有入账：{why}", "en": "The points are not there yet: {why}"}
_REFUSED = {"zh-CN": "积分没有入账：{why}", "en": "The points were not posted: {why}"}


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
    caps: list[dict[str, Any]]
    history: list[dict[str, Any]]
    appeal: dict[str, Any] | None
    may_appeal_until: datetime | None
    staff: dict[str, Any] | None = None


def points_of(caller: Caller) -> Balance:
    """The resident's points now, as the ledger has them."""
    return ledger(caller.district).balance(caller.id)


def earnings_of(caller: Caller, cursor: str | None, limit: int) -> Page:
    """A resident's earnings, newest first, without the long explanation."""
    page = page_of(rows(Earning, caller.district).where(Earning.resident == caller.id), Earning, cursor, limit)
    grants = posting.grants_of(caller.district, [row.id for row in page.items])
    return Page([_brief(row, grants.get(row.id, [])) for row in page.items], page.next_cursor)


def earning_of(caller: Caller, identifier: str) -> EarningView:
    """One earning, explained; someone else's is not found."""
    row = find(Earning, caller.district, identifier)
    if row.resident != caller.id:
        raise NOT_FOUND()
    return explained(row, corrections.of_earning(row.district, row.id))


def explained(row: Earning, asked: Sequence[Correction]) -> EarningView:
    """An earning with its sentences, its arithmetic as data, the caps, its corrections (all in `asked`), its appeal."""
    grants = posting.grants_of(row.district, [row.id]).get(row.id, [])
    changed = [made for made in asked if made.state == "confirmed"]
    made = appeals.of_earning(row.district, row.id)
    decision = decision_of(row)
    pack = packs.by_digest(row.district, decision.digest) if decision else None
    funds, names = accounts.titles(), names_of(row.district, *([pack] if pack else []))
    why = {
        language: [_why(each, language) for each in silent(pack, decision, names)] if pack and decision else []
        for language in LANGUAGES
    }
    return EarningView(
        **_brief(row, grants),
        sentences={
            language: [
                *(explain(decision, language, pack, funds, names) if decision else [_WAITS_FOR_RULES[language]]),
                *_afterwards(row, grants, changed, language),
            ]
            for language in LANGUAGES
        },
        grants=[_grant(grant) for grant in grants],
        decision=json.loads(decision.to_json()) if decision else None,
        silent=why if decision else {},
        caps=_caps(row.district, decision) if decision else [],
        history=[_change(each) for each in changed],
        appeal=appeals.shown(made) if made else None,
        may_appeal_until=None if decision is None or made else appeals.may_appeal_until(row, changed),
    )


def _why(silence: Silence, language: str) -> str:
    colon = "：" if language == "zh-CN" else ": "
    return f"{silence.title.say(language)}{colon}{silence.reason.say(language)}"


def _afterwards(row: Earning, grants: list[GrantRow], changed: list[Correction], language: str) -> list[str]:
    """What happened since the decision, in sentences."""
    told = [
        _CORRECTED[language].format(
            day=local_day(made.answered_at or made.asked_at),
            reason=made.reason,
            before=made.points_before,
            after=_came_to(changed[place + 1 :], grants, made),
        )
        for place, made in enumerate(changed)
        if made.kind == corrections.CORRECTION
    ]
    stays = sum(grant.kept for grant in grants if grant.state in posting.STANDING)
    if stays:
        told.append(_KEPT[language].format(kept=stays))
    if row.undone:
        told.append(_UNDONE[language])
    reasons = [(_MISSING, row.problem)]
    reasons += [(_MISSING if g.state == "waiting" else _REFUSED, g.reason) for g in grants if g.state in _UNSETTLED]
    return told + [text[language].format(why=_sentence(code, language)) for text, code in reasons if code]


def _came_to(later: list[Correction], grants: list[GrantRow], made: Correction) -> int:
    """The points a correction led to: what the next one found; of the last, what is given once it has arrived."""
    if later:
        return later[0].points_before
    standing = [grant for grant in grants if grant.state in posting.STANDING]
    if any(grant.state == "waiting" for grant in standing):
        return made.points_after
    return sum(grant.granted + grant.kept for grant in standing)


def _sentence(code: str, language: str) -> str:
    return KINDS[code]().sentence(language) if code in KINDS else code


def _brief(row: Earning, grants: list[GrantRow]) -> dict[str, Any]:
    standing = [grant for grant in grants if grant.state in posting.STANDING]
    return {
        "id": row.id,
        "kind": row.kind,
        "deed": row.deed,
        "category": row.category,
        "at": row.at,
        "decided_at": row.decided_at,
        "state": _state(row, standing),
        "asked": sum(grant.amount + grant.kept for grant in standing),
        "granted": sum(grant.granted + grant.kept for grant in standing if grant.state == "posted"),
    }


def _state(row: Earning, standing: list[GrantRow]) -> str:
    if row.undone:
        return "undone"
    if row.decision is None:
        return "waiting_for_rules"
    states = {grant.state for grant in standing}
    return "waiting" if "waiting" in states else "refused" if states == {"refused"} else "posted"


def _grant(grant: GrantRow) -> dict[str, Any]:
    return {
        "rule": grant.rule,
        "fund": grant.fund,
        "asked": grant.amount,
        "granted": grant.granted,
        "kept": grant.kept,
        "state": grant.state,
        "reason": grant.reason,
        "reason_said": {each: _sentence(grant.reason, each) for each in LANGUAGES} if grant.reason else None,
        "entry": grant.entry,
        "correction": grant.correction,
        "lost": grant.lost,
        "cuts": [{"cap": c[0], "asked": c[1], "granted": c[2]} for c in grant.cuts],
    }


def _change(made: Correction) -> dict[str, Any]:
    return {
        "id": made.id,
        "kind": made.kind,
        "reason": made.reason,
        "at": made.answered_at.isoformat() if made.answered_at else None,
        "changes": worded.opened(made),
        "points_before": made.points_before,
        "points_after": made.points_after,
    }


def _caps(district: str, decision: Decision) -> list[dict[str, Any]]:
    """Each cap the grants stood under, and what is left of it now."""
    found = {}
    for grant in decision.grants:
        titles = {each.key: each.title for each in grant.cap_titles}
        for key, ceiling in grant.caps:
            title, used = titles[key], _counted(district, key)
            found[key] = {
                "cap": key,
                "title": {language: title.say(language) for language in LANGUAGES},
                "points": ceiling,
                "left": None if used is None else max(0, ceiling - used),
            }
    return list(found.values())


def _counted(district: str, cap: str) -> int | None:
    """What was used of a cap; None while the ledger is away: an explanation does not wait for it."""
    try:
        return ledger(district).counted(cap) + kept.counted(district, cap)
    except Refused as refusal:
        if refusal.kind.category is not Category.UNAVAILABLE:
            raise
        return None
