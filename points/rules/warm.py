"""Beside the decisions: how far back a trial's books must begin, so that the windows of its first day are whole."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

from points.rules.pack import Pack
from points.rules.windows import NAMES, Window, first_day


def windows_of(pack: Pack) -> tuple[Window, ...]:
    """Every window that the pack's rules, tiers, caps and budgets count in, the shortest first."""
    found = set(_windows(pack))
    return tuple(sorted(found, key=lambda each: (each.days is None, each.days or NAMES.index(each.name))))


def warm_from(pack: Pack, first: date) -> date | None:
    """The local day on which the earliest window of that day begins; None where one has no beginning (`lifetime`)."""
    begins = [begin(window, first) for window in windows_of(pack)]
    return None if None in begins else min((day for day in begins if day is not None), default=first)


def begin(window: Window, day: date) -> date | None:
    """The first day that counts for a deed of `day`; None where all days before do."""
    return first_day(window.name, day) if window.days is None else day - timedelta(days=window.days)


def cut_short(pack: Pack, first: date, began: date) -> tuple[str, ...]:
    """The windows of the period's first day that began before the first deed that was replayed."""
    short = []
    for window in windows_of(pack):
        day = begin(window, first)
        if day is None or day < began:
            short.append(window.name if window.days is None else f"{window.days} days")
    return tuple(short)


def _windows(pack: Pack) -> Iterator[Window]:
    for rule in pack.rules:
        yield from (measure.window for measure in rule.measures)
        yield from (Window(cap.window) for cap in rule.caps)
    if pack.store is not None:
        yield Window("lifetime")  # what somebody has was earned at any time
