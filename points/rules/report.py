"""Beside the decisions: trials as rows of a table, ready to print or to keep as CSV."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple, TextIO

from points.rules.compare import gini, gini_by, shift, shift_by
from points.rules.pack import Pack
from points.rules.trial import CapHits, Trial

DOUBLED = "deeds named twice, counted once"
COLUMNS = ("section", "name", "new", "old", "difference")


class Row(NamedTuple):
    """One figure under the new pack and, when there is one, the pack in force."""

    section: str
    name: str
    new: str
    old: str = ""
    difference: str = ""


def rows(new: Trial, old: Trial | None, pack: Pack, names: Mapping[str, str] | None = None) -> list[Row]:
    """Every figure of a trial, section by section; `pack` is the new one, `names` says streets' codes in words."""
    found = [
        Row("pack", "version", f"{new.pack} {new.version}", f"{old.pack} {old.version}" if old else ""),
        _both("total", "deeds", lambda trial: trial.deeds, new, old),
        _both("total", "points asked", lambda trial: trial.asked, new, old),
        _both("total", "points given", lambda trial: trial.granted, new, old),
        _both("total", "deeds without points", lambda trial: trial.silent, new, old),
    ]
    if new.doubled or (old is not None and old.doubled):
        found.append(_both("total", DOUBLED, lambda trial: trial.doubled, new, old))
    found.extend(_before(new, old))
    for code in sorted({*new.refused, *(old.refused if old else ())}):
        found.append(_figure("refused", code, new.refused[code], None if old is None else old.refused[code]))
    found.extend(_by_rule(new, old, pack))
    for section in ("fund", "street", "age", "month"):
        found.extend(
            _counters(
                f"by {section}", getattr(new, f"by_{section}"), None if old is None else getattr(old, f"by_{section}")
            )
        )
    found.extend(_money(new, pack))
    found.extend(_evenness(new, old))
    found.extend(_caps(new, old, pack))
    found.extend(_budgets(new, pack))
    if old is not None:
        found.extend(_shifts(new, old))
    return [row._replace(name=names.get(row.name, row.name)) for row in found] if names else found


def write_csv(table: Iterable[Row], out: TextIO) -> None:
    """The rows with a header; a cell that a spreadsheet would run as a formula is quoted."""
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    for row in table:
        writer.writerow([_harmless(cell) for cell in row])


def _harmless(cell: str) -> str:
    number = cell.lstrip("+-").replace(".", "", 1).isdigit()
    return f"'{cell}" if cell[:1] in ("=", "+", "-", "@", "\t") and not number else cell


def _before(new: Trial, old: Trial | None) -> list[Row]:
    """How far back the books were filled before the period, and which windows began earlier still."""
    section, most = "books before", old if old is not None and len(old.short) > len(new.short) else new
    return [
        _both(section, "deeds replayed, in no figure", lambda trial: trial.warmed, new, old),
        Row(section, "begin on", str(new.begins or ""), str(old.begins or "") if old else ""),
        Row(section, "windows cut short", ", ".join(most.short) or "none"),
    ]


def _both(section: str, name: str, read: Callable[[Trial], int], new: Trial, old: Trial | None) -> Row:
    return _figure(section, name, read(new), None if old is None else read(old))


def _figure(section: str, name: str, new: int, old: int | None) -> Row:
    if old is None:
        return Row(section, name, str(new))
    return Row(section, name, str(new), str(old), f"{new - old:+d}")


def _by_rule(new: Trial, old: Trial | None, pack: Pack) -> list[Row]:
    """What each rule gave; of the new pack's rules also those that gave nothing."""
    given = dict.fromkeys((rule.id for rule in pack.rules), 0) | new.by_rule
    return _counters("by rule", given, None if old is None else old.by_rule)


def _counters(section: str, new: Mapping[str, int], old: Mapping[str, int] | None) -> list[Row]:
    names = sorted({*new, *(old or ())})
    return [_figure(section, name, new.get(name, 0), None if old is None else old.get(name, 0)) for name in names]


def _money(new: Trial, pack: Pack) -> list[Row]:
    """What each fund would pay when all points are redeemed, where the pack says what a point is worth."""
    rate = None if pack.redemption is None else pack.redemption.points_per_yuan
    if rate is None:
        return []
    return [Row("cost in yuan", fund, f"{points / rate:.2f}") for fund, points in sorted(new.by_fund.items())]


def _evenness(new: Trial, old: Trial | None) -> list[Row]:
    """Gini's coefficient over all with a deed, and within each street and age band."""
    found = [_share("gini", "all", _all(new), None if old is None else _all(old))]
    for group, section in ((0, "gini by street"), (1, "gini by age")):
        before = gini_by(old, group) if old else None
        for name, value in gini_by(new, group).items():
            found.append(_share(section, name, value, None if before is None else before.get(name, 0.0)))
    return found


def _all(trial: Trial) -> float:
    return gini(trial.by_resident[each] for each in trial.groups)


def _share(section: str, name: str, new: float, old: float | None) -> Row:
    if old is None:
        return Row(section, name, f"{new:.3f}")
    return Row(section, name, f"{new:.3f}", f"{old:.3f}", f"{new - old:+.3f}")


_CAP_FIGURES: tuple[tuple[str, Callable[[CapHits], int]], ...] = (
    ("times it cut", lambda hits: hits.cuts),
    ("points it cut", lambda hits: hits.points),
    ("residents it met", lambda hits: len(hits.residents)),
)


def _caps(new: Trial, old: Trial | None, pack: Pack) -> list[Row]:
    """What each cap cut; of the new pack's caps also those that cut nothing."""
    found = []
    for name in sorted({*new.caps, *(old.caps if old else ()), *(cap.id for cap in pack.caps)}):
        for figure, read in _CAP_FIGURES:
            before = None if old is None else read(old.caps.get(name, CapHits()))
            found.append(_figure(f"cap: {figure}", name, read(new.caps.get(name, CapHits())), before))
    return found


def _budgets(new: Trial, pack: Pack) -> list[Row]:
    """What each budget's window was charged, and the day with which nothing was left of it."""
    ceilings = {budget.id: budget.ceiling for budget in pack.budgets}
    found = []
    for key, used in new.budgets_used.items():
        name, window = key.partition(":")[0], key.rpartition(":")[2]
        found.append(Row("budget: points used", f"{name} {window}", f"{used} of {ceilings[name]}"))
        found.append(Row("budget: runs out", f"{name} {window}", str(new.budgets_full.get(key, "never"))))
    return found


def _shifts(new: Trial, old: Trial) -> list[Row]:
    found = []
    parts = [("all", shift(new, old))]
    parts += [*shift_by(new, old, 0).items(), *shift_by(new, old, 1).items()]
    for name, each in parts:
        found.append(Row("residents who gain", name, str(each.gainers), "", f"{each.gained:+d}"))
        found.append(Row("residents who lose", name, str(each.losers), "", f"{-each.lost:+d}" if each.lost else "0"))
        found.append(Row("residents as before", name, str(each.same)))
    return found
