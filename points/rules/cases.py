"""Beside the decisions: case files, short stories of deeds with what each must bring, run against their pack."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from points.errors import Refused
from points.events import DeedApproved, DeedKind
from points.rules.book import Book
from points.rules.bounds import QUANTITY_OUTSIDE, check_attributes, check_quantity, shortly
from points.rules.build_when import date_of
from points.rules.decision import Decision
from points.rules.expected import expects
from points.rules.explain import explain
from points.rules.pack import Pack
from points.rules.problems import Findings, Problem
from points.rules.problems import Path as Path_
from points.rules.schema import check_form
from points.rules.silent import silent
from points.rules.source import MOST_NODES, read, text_of

_FIELDS = ("street", "activity", "team", "household", "place", "about")
_AT_ONCE = "at once"
"""What a case says of points that open without a notice."""


@dataclass(frozen=True, slots=True)
class Miss:
    """A case that came out otherwise than its file says."""

    case: str
    deed: int
    """Which deed of the case, from 1."""
    line: int
    expected: str
    found: str
    came: Decision | Refused | None = field(default=None, compare=False, repr=False)
    """What came of the deed, to be explained; None where no deed is at fault."""

    def say(self, language: str = "") -> str:
        """In Chinese or English; in both where no language is asked for."""
        was, wanted = _in_chinese(self.found), _in_chinese(self.expected)
        zh = f"第 {self.line} 行：{self.case}，第 {self.deed} 件：应为 {wanted}，实为 {was}"
        en = f"line {self.line}: {self.case}, deed {self.deed}: expected {self.expected}, found {self.found}"
        return f"{zh} / {en}" if not language else zh if language.startswith("zh") else en


_CHINESE = {
    "decided": "算了分",
    "no points": "没有积分",
    "something expected": "至少写一样应有的结果",
    "nothing": "什么也没写",
    "not said": "说明里没有",
}


def _in_chinese(part: str) -> str:
    if part in _CHINESE:
        return _CHINESE[part]
    return part.replace("refused ", "拒绝 ").replace(": spoke", "：适用了").replace(": no such rule", "：没有这条规则")


@dataclass(frozen=True, slots=True)
class CaseFile:
    """Cases that were read; `pack` is the path of their pack beside the file."""

    path: Path
    pack: Path
    cases: tuple[dict[str, Any], ...]
    findings: Findings


def read_cases(path: Path) -> CaseFile:
    """The cases of a file; PackInvalid with line numbers when it cannot be read."""
    findings = Findings(str(path))
    return cases_of(text_of(path, findings), path, findings)


def cases_of(text: str, path: Path, findings: Findings, most: int = MOST_NODES) -> CaseFile:
    """The cases of a text that would stand at `path`; PackInvalid with line numbers when it cannot be read."""
    raw = read(text, findings, most)
    check_form(raw, findings, "cases.schema.json")
    for place, case in enumerate(raw["cases"]):
        for index, deed in enumerate(case["deeds"]):
            _check_deed(deed, ("cases", place, "deeds", index), findings)
    findings.stop_if_failed()
    return CaseFile(path, (path.parent / raw["pack"]).resolve(), tuple(raw["cases"]), findings)


def of_another_pack(file: CaseFile, pack: Path) -> list[Problem]:
    """An error where the cases that stand beside the pack of that path say that they are another's."""
    if file.pack == pack.resolve():
        return []
    zh, en = (
        f"这些案例的 pack 应写“../{pack.name}”。",
        f"These cases stand beside another pack: write `pack: ../{pack.name}`.",
    )
    return [Problem(str(file.path), file.findings.line(("pack",)), "cases_of_another_pack", zh, en)]


def _check_deed(deed: dict[str, Any], here: Path_, findings: Findings) -> None:
    """The days and numbers that no schema can tell from others."""
    for key in ("at", "decided", "opens", "expires"):
        if key in deed and (key, deed[key]) != ("opens", _AT_ONCE):
            _check_moment(deed[key], key, (*here, key), findings)
    try:
        check_quantity(Decimal(deed.get("quantity", 1)))
        check_attributes(deed.get("attributes", {}))
    except Refused as refusal:
        key = "quantity" if refusal.code == QUANTITY_OUTSIDE.code else "attributes"
        findings.error((*here, key), refusal.code, refusal.sentence("zh-CN"), refusal.sentence("en"))


def _check_moment(text: str, key: str, here: Path_, findings: Findings) -> None:
    if date_of(text[:10], findings, here) is None:
        return
    try:
        if key in ("opens", "expires"):
            date.fromisoformat(text)
        else:
            datetime.fromisoformat(text)
    except ValueError:
        zh, en = f"写不成时间：{shortly(text)}。", f"This is no time: {shortly(text)}."
        findings.error(here, "no_such_time", zh, en)


def run_cases(pack: Pack, file: CaseFile) -> tuple[list[Miss], list[Decision]]:
    """Every departure from what the file says, and all decisions that were made on the way.

    Each case begins with empty books; its deeds follow one another, so bands, caps and limits build up.
    """
    misses: list[Miss] = []
    made: list[Decision] = []
    for place, case in enumerate(file.cases):
        book = Book(pack)
        if not any(expects(deed) for deed in case["deeds"]):
            misses.append(Miss(case["case"], 1, file.findings.line(("cases", place)), "something expected", "nothing"))
        for index, deed in enumerate(case["deeds"]):
            line = file.findings.line(("cases", place, "deeds", index))
            found = _run(book, deed, f"case-{place}-{index}")
            if isinstance(found, Decision):
                made.append(found)
            for expected, was in _departures(pack, deed, found):
                misses.append(Miss(case["case"], index + 1, line, expected, was, found))
    return misses, made


def _run(book: Book, deed: dict[str, Any], name: str) -> Decision | Refused:
    event = event_of(deed, book.pack, name)
    decided = _time(deed["decided"], book.pack) if "decided" in deed else event.at
    facts = book.facts(event, decided, deed.get("age_band"), tuple(deed.get("consents", ())))
    try:
        return book.decide(event, facts)
    except Refused as refusal:
        return refusal


def event_of(deed: dict[str, Any], pack: Pack, name: str) -> DeedApproved:
    """The event of one deed of a case; a time without a zone is the district's."""
    return DeedApproved(
        id=name,
        kind=DeedKind(deed["kind"]),
        category=deed["category"],
        at=_time(deed["at"], pack),
        resident=deed["resident"],
        district=pack.district,
        quantity=Decimal(deed.get("quantity", 1)),
        attributes=deed.get("attributes", {}),
        **{field: deed.get(field) for field in _FIELDS},
    )


def _time(text: str, pack: Pack) -> datetime:
    at = datetime.fromisoformat(text)
    return (at if at.tzinfo is not None else at.replace(tzinfo=pack.zone)).astimezone(UTC)


def _departures(pack: Pack, deed: dict[str, Any], found: Decision | Refused) -> list[tuple[str, str]]:
    if isinstance(found, Refused):
        wanted = f"refused {deed['refused']}" if "refused" in deed else "decided"
        was = f"refused {found.code}"
        return [] if wanted == was else [(wanted, was)]
    if "refused" in deed:
        return [(f"refused {deed['refused']}", "decided")]
    gives = {rule: outcome.granted for rule, outcome in found.outcomes.items()}
    pairs = [(_points(deed.get("gives", gives)), _points(gives))]
    if "cut_by" in deed:
        cuts = [cut.cap.partition(":")[0] for outcome in found.outcomes.values() for cut in outcome.cuts]
        pairs.append((f"cut_by: {_list(deed['cut_by'])}", f"cut_by: {_list(set(cuts))}"))
    pairs.extend(_dates(pack, deed, found))
    pairs.extend(_silences(pack, deed, found))
    said = "\n".join([*explain(found, "zh-CN"), *explain(found, "en")])
    pairs.extend((text, "not said") for text in deed.get("says", ()) if text not in said)
    return [(expected, was) for expected, was in pairs if expected != was]


def _points(by_rule: dict[str, int]) -> str:
    """As a case file writes it."""
    return "{" + ", ".join(f"{rule}: {points}" for rule, points in sorted(by_rule.items())) + "}"


def _list(names: Iterable[str]) -> str:
    return f"[{', '.join(sorted(names))}]"


def _dates(pack: Pack, deed: dict[str, Any], found: Decision) -> list[tuple[str, str]]:
    """`opens` is the first day the points can be used, `expires` the last."""
    if not found.grants:
        return [(f"{key}: {deed[key]}", "no points") for key in ("opens", "expires") if key in deed]
    pairs = []
    for grant in found.grants:
        if "expires" in deed:
            last = (grant.expires_at - timedelta(milliseconds=1)).astimezone(pack.zone).date()
            pairs.append((f"expires: {date.fromisoformat(deed['expires'])}", f"expires: {last}"))
        if "opens" in deed:
            opens = str(grant.opens_at.astimezone(pack.zone).date()) if grant.opens_at else _AT_ONCE
            pairs.append((f"opens: {deed['opens']}", f"opens: {opens}"))
    return pairs


def _silences(pack: Pack, deed: dict[str, Any], found: Decision) -> list[tuple[str, str]]:
    why = {each.rule: each.code for each in silent(pack, found)}
    known = {rule.id for rule in pack.rules}
    return [
        (f"{rule}: {code}", f"{rule}: {why.get(rule, 'spoke') if rule in known else 'no such rule'}")
        for rule, code in deed.get("silent", {}).items()
    ]
