"""Beside the decisions: one pack tried on a period's deeds, and what came of it in figures. Nothing is written."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache

from points.errors import Refused
from points.rules.caps import Cut
from points.rules.history import Past
from points.rules.pack import Pack
from points.rules.quick import Quick

EVERY = 10_000
"""How many deeds lie between two reports of progress."""
NO_STREET, NO_AGE = "street not recorded", "age not recorded"


@dataclass(slots=True)
class CapHits:
    """How a cap or budget cut: how often, how many points, whom, and since when."""

    cuts: int = 0
    points: int = 0
    residents: set[str] = field(default_factory=set)
    first: date | None = None


@dataclass(slots=True)
class Trial:
    """What a pack would have given. Every figure counts points after caps, unless it says asked."""

    pack: str
    version: int
    digest: str
    deeds: int = 0
    asked: int = 0
    granted: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    """Deeds the pack does not decide, by the refusal's code."""
    silent: int = 0
    """Deeds that brought nothing."""
    by_rule: Counter[str] = field(default_factory=Counter)
    by_fund: Counter[str] = field(default_factory=Counter)
    by_street: Counter[str] = field(default_factory=Counter)
    by_age: Counter[str] = field(default_factory=Counter)
    by_month: Counter[str] = field(default_factory=Counter)
    by_resident: Counter[str] = field(default_factory=Counter)
    groups: dict[str, tuple[str, str]] = field(default_factory=dict)
    """Street and age band of each resident, at their first deed."""
    caps: dict[str, CapHits] = field(default_factory=lambda: defaultdict(CapHits))
    budgets_used: dict[str, int] = field(default_factory=dict)
    """Points counted against each budget's window."""


def try_pack(pack: Pack, pasts: Iterable[Past], progress: Callable[[int], None] | None = None) -> Trial:
    """Replay deeds in their order through a pack with empty books; `progress` hears of every 10,000 deeds."""
    quick = Quick(pack)
    trial = Trial(pack.id, pack.version, pack.digest)
    for past in pasts:
        trial.deeds += 1
        if progress is not None and trial.deeds % EVERY == 0:
            progress(EVERY)
        _one(quick, past, trial)
    if progress is not None:
        progress(trial.deeds % EVERY)
    budgets = tuple(f"{budget.id}:" for budget in pack.budgets)
    trial.budgets_used = {key: used for key, used in sorted(quick.used().items()) if key.startswith(budgets)}
    trial.caps = dict(trial.caps)
    return trial


def _one(quick: Quick, past: Past, trial: Trial) -> None:
    event = past.event
    resident, street, band = event.resident, event.street or NO_STREET, past.age_band or NO_AGE
    if resident not in trial.groups:
        trial.groups[resident] = (street, band)
    try:
        day, found = quick.give(past)
    except Refused as refusal:
        trial.refused[refusal.code] += 1
        return
    total = 0
    for given in found:
        total += given.granted
        trial.asked += given.asked
        trial.by_rule[given.rule.id] += given.granted
        trial.by_fund[given.rule.fund] += given.granted
        if given.cuts:
            _cuts(given.cuts, resident, day, trial)
    if not total:
        trial.silent += 1
        return
    trial.granted += total
    trial.by_street[street] += total
    trial.by_age[band] += total
    trial.by_month[_month(day)] += total
    trial.by_resident[resident] += total


def _cuts(cuts: Iterable[Cut], resident: str, day: date, trial: Trial) -> None:
    for cut in cuts:
        hits = trial.caps[cut.cap]
        hits.cuts += 1
        hits.points += cut.asked - cut.granted
        hits.residents.add(resident)
        hits.first = day if hits.first is None else min(hits.first, day)


@lru_cache(maxsize=4096)
def _month(day: date) -> str:
    return f"{day.year}-{day.month:02d}"
