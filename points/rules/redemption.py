"""Beside the decisions: when, how often and from how many points a resident may redeem."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from points.errors import Category, kind
from points.rules.windows import TITLES, span

WINDOW_CLOSED = kind(
    "rules_redemption_closed",
    Category.CONFLICT,
    zh="现在不是兑换时间；下次兑换日是 {next}。",
    en="Redemption is not open now; the next day is {next}.",
    retry=True,
)
TOO_FEW = kind(
    "rules_redemption_too_few_points",
    Category.CONFLICT,
    zh="满 {least} 分才能兑换。",
    en="Redemption begins at {least} points.",
)
TOO_OFTEN = kind(
    "rules_redemption_too_often",
    Category.TOO_MANY,
    zh="{window}最多兑换 {times} 次。",
    en="At most {times} redemptions {window_en}.",
)


@dataclass(frozen=True, slots=True)
class Opening:
    """Days on which redemption is open: the first or last weekday, or the last `days` days, of a month or quarter."""

    of: str
    which: str
    weekday: int | None = None
    days: int = 1

    def holds(self, day: date) -> bool:
        bounds = span(self.of, day)
        assert bounds is not None  # noqa: S101 - a lifetime has no days to choose from
        first, after = bounds
        if self.weekday is None:
            return day < first + timedelta(self.days) if self.which == "first" else day >= after - timedelta(self.days)
        if day.weekday() != self.weekday:
            return False
        week = timedelta(days=7)
        return day - week < first if self.which == "first" else day + week >= after


@dataclass(frozen=True, slots=True)
class Limit:
    """At most so many redemptions in each window."""

    times: int
    window: str


@dataclass(frozen=True, slots=True)
class Redemption:
    """The pack's word on redeeming; an empty one leaves it open."""

    openings: tuple[Opening, ...] = ()
    least: int = 0
    limits: tuple[Limit, ...] = ()
    points_per_yuan: int | None = None

    def is_open(self, day: date) -> bool:
        return not self.openings or any(opening.holds(day) for opening in self.openings)

    def next_open(self, day: date) -> date | None:
        """The next open day from `day` on, within two years."""
        days = (day + timedelta(ahead) for ahead in range(731))
        return next((each for each in days if self.is_open(each)), None)

    def check(self, day: date, balance: int, times: Mapping[str, int]) -> None:
        """Refuse a redemption on that local day; `times` counts earlier ones in the current window of each limit."""
        if not self.is_open(day):
            raise WINDOW_CLOSED(next=self.next_open(day))
        if balance < self.least:
            raise TOO_FEW(least=self.least)
        for limit in self.limits:
            if times.get(limit.window, 0) >= limit.times:
                title = TITLES[limit.window]
                raise TOO_OFTEN(window=title.zh, window_en=title.en, times=limit.times)
