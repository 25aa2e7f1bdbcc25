"""Beside the decisions: one pack tried on a period's deeds, and what came of it in figures. Nothing is written."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import lru_cache

from points.errors import Refused
from points.rules.caps import Cut
from points.rules.history import Past
from points.rules.pack import Pack
from points.rules.quick import Quick
from points.rules.warm import cut_short
from points.rules.windows import label

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
    """Points counted against each budget's window, those of before the period too."""
    budgets_full: dict[str, date] = field(default_factory=dict)
    """The local day on which a budget's window was used up."""
    doubled: int = 0
    """Deeds whose id came before; they were counted once."""
    warmed: int = 0
    """Deeds of before the period that filled the books and are in no other figure."""
    begins: date | None = None
    """The local day of the earliest deed that was replayed."""
    short: tuple[str, ...] = ()
    """Windows that began before it, so that what else was in them is not known."""


def try_pack(
    pack: Pack,
    pasts: Iterable[Past],
    progress: Callable[[int], None] | None = None,
    since: datetime | None = None,
    *,
    whole: bool = False,
) -> Trial:
    """Replay deeds in their order through a pack with empty books; `progress` hears of every 10,000 deeds.

    Deeds of before `since` only fill the books. `whole` says that there were no deeds before the first one.
    """
    run = _Run(pack, since)
    for place, past in enumerate(pasts, 1):
        if progress is not None and place % EVERY == 0:
            progress(EVERY)
        run.take(past)
    if progress is not None:
        progress(run.place % EVERY)
    return run.ended(whole=whole)


class _Run:
    """A trial under way."""

    def __init__(self, pack: Pack, since: datetime | None) -> None:
        self.pack, self.since = pack, since
        self.quick = Quick(pack)
        self.trial = Trial(pack.id, pack.version, pack.digest)
        self.place = 0
        self._seen: dict[str, set[str]] = defaultdict(set)
        self._first: datetime | None = None
        self._days: set[date] = set()

    def take(self, past: Past) -> None:
        self.place += 1
        event = past.event
        seen = self._seen[event.kind]
        if event.id in seen:
            self.trial.doubled += 1
            return
        seen.add(event.id)
        if self._first is None or event.at < self._first:
            self._first = event.at
        if self.since is not None and event.at < self.since:
            self._warm(past)
            return
        self.trial.deeds += 1
        if (day := _one(self.quick, past, self.trial)) is not None:
            self._days.add(day)

    def _warm(self, past: Past) -> None:
        self.trial.warmed += 1
        with suppress(Refused):
            self.quick.give(past)

    def ended(self, *, whole: bool) -> Trial:
        trial, pack = self.trial, self.pack
        trial.caps = dict(trial.caps)
        trial.budgets_used = dict(sorted(self._budgets().items()))
        full = self.quick.full()
        trial.budgets_full = {key: full[key] for key in trial.budgets_used if key in full}
        if self._first is not None:
            trial.begins = self._first.astimezone(pack.zone).date()
            first = trial.begins if self.since is None else self.since.astimezone(pack.zone).date()
            trial.short = () if whole else cut_short(pack, first, trial.begins)
        return trial

    def _budgets(self) -> dict[str, int]:
        """What was counted in the windows that the period is part of."""
        used, found = self.quick.used(), {}
        days = self._days if self.since is None else self._days | {self.since.astimezone(self.pack.zone).date()}
        for budget in self.pack.budgets:
            windows = {label(budget.window, day) for day in days}
            for key, points in used.items():
                if key.startswith(f"{budget.id}:") and key.rpartition(":")[2] in windows:
                    found[key] = points
        return found


def _one(quick: Quick, past: Past, trial: Trial) -> date | None:
    """Answers the local day of the deed; None where the pack does not decide it."""
    event = past.event
    resident, street, band = event.resident, event.street or NO_STREET, past.age_band or NO_AGE
    if resident not in trial.groups:
        trial.groups[resident] = (street, band)
    try:
        day, found = quick.give(past)
    except Refused as refusal:
        trial.refused[refusal.code] += 1
        return None
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
        return day
    trial.granted += total
    trial.by_street[street] += total
    trial.by_age[band] += total
    trial.by_month[_month(day)] += total
    trial.by_resident[resident] += total
    return day


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
