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
    Category.CONFLICT,
    zh="{window}最多兑换 {times} 次；{next} 起可再次兑换。",
    en="At most {times} redemptions {window_en}; you can redeem again from {next}.",
    retry=True,
)
NO_MORE = kind(
    "rules_redemption_no_more",
    Category.CONFLICT,
    zh="一共可兑换 {times} 次，已经用完。",
    en="There are {times} redemptions in all, and they are used up.",
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

    @property
    def is_free(self) -> bool:
        """Whether it never refuses anything."""
        return not (self.openings or self.least or self.limits)

    def is_open(self, day: date) -> bool:
        return not self.openings or any(opening.holds(day) for opening in self.openings)

    def next_open(self, day: date) -> date | None:
        """The next open day from `day` on, within two years."""
        days = (day + timedelta(ahead) for ahead in range(731))
        return next((each for each in days if self.is_open(each)), None)

    def check(self, day: date, balance: int, times: Mapping[str, int]) -> None:
        """Refuse a redemption on that local day; `times` counts earlier ones in the current window of each limit."""
        self.check_day(day)
        self.check_balance(balance)
        self.check_times(day, times)

    def check_day(self, day: date) -> None:
        """Refused with `rules_redemption_closed`, and the next day that is open."""
        if not self.is_open(day):
            raise WINDOW_CLOSED(next=self.next_open(day))

    def check_balance(self, balance: int) -> None:
        """Refused with `rules_redemption_too_few_points` below the least one must have to begin."""
        if balance < self.least:
            raise TOO_FEW(least=self.least)

    def check_times(self, day: date, times: Mapping[str, int]) -> None:
        """Refused with `rules_redemption_too_often` and the next open day, or with `rules_redemption_no_more`."""
        for limit in self.limits:
            if times.get(limit.window, 0) >= limit.times:
                bounds, title = span(limit.window, day), TITLES[limit.window]
                if bounds is None:
                    raise NO_MORE(times=limit.times)
                again = self.next_open(bounds[1])
                raise TOO_OFTEN(window=title.zh, window_en=title.en, times=limit.times, next=again)
