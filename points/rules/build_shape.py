"""Step: a rule's `points` to one of the shapes."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

from points.rules.build_when import listed, window_of
from points.rules.measures import Measure
from points.rules.problems import Findings, Path
from points.rules.shapes import Assessed, Band, Bands, Each, Entry, Milestones, Rate, Shape, Table, Turn
from points.rules.texts import Text, plain

HOUR = Text("小时", "hour")
_UNITS: dict[tuple[str, ...], Text] = {
    ("service",): HOUR,
    ("act",): Text("次", "time"),
    ("ticket",): Text("件", "ticket"),
    ("referral",): Text("人", "newcomer"),
}
"""What one counts in a running total, by the kinds of deeds that count in it."""


class ShapeReader:
    """Reads the one shape of a rule; `measures` holds what it will look at."""

    def __init__(self, rule: dict[str, Any], findings: Findings, path: Path) -> None:
        self.rule = rule
        self.findings = findings
        self.path = (*path, "points")
        self.measures: tuple[Measure, ...] = ()

    def read(self) -> Shape:
        (name, value), *_ = self.rule["points"].items()
        shape: Shape = getattr(self, f"_{name}")(value)
        return shape

    def _each(self, value: Any) -> Shape:
        return Each(Decimal(value))

    def _per_hour(self, value: Any) -> Shape:
        return Rate(Decimal(value), HOUR)

    def _per_unit(self, value: Any) -> Shape:
        return Rate(Decimal(value["points"]), text_of(value["unit"]))

    def _table(self, value: Any) -> Shape:
        entries = {key: self._entry(each, ("table", "values", key)) for key, each in value["values"].items()}
        return Table(value["by"], entries)

    def _assessed(self, value: Any) -> Shape:
        return Assessed(self._entry(value, ("assessed",)))

    def _entry(self, value: Any, place: Path) -> Entry:
        low, high = value if isinstance(value, list) else (value, value)
        if low > high:
            self.findings.error(
                (*self.path, *place),
                "empty_range",
                f"区间 {low} 到 {high} 是空的。",
                f"The range {low} to {high} is empty.",
            )
        return Entry(Decimal(low), Decimal(high))

    def _bands(self, value: Any) -> Shape:
        measure = self._measure(value, "bands")
        bands = tuple(
            Band(Decimal(step["from"]), None if "to" not in step else Decimal(step["to"]), Decimal(step["points"]))
            for step in value["steps"]
        )
        self._check_bands(bands)
        return Bands(
            measure, tuple(sorted(bands, key=lambda band: band.low)), value.get("mode", "split"), _unit(measure)
        )

    def _check_bands(self, bands: tuple[Band, ...]) -> None:
        order = sorted(range(len(bands)), key=lambda place: bands[place].low)
        end: Decimal | None = Decimal(0)
        for place in order:
            band, path = bands[place], (*self.path, "bands", "steps", place)
            if band.high is not None and band.high <= band.low:
                self._problem(path, "empty_range", "这一段是空的。", "This band is empty.")
            elif end is None or band.low < end:
                self._problem(path, "overlapping_bands", "这一段与前一段重叠。", "This band overlaps the one before.")
            elif band.low > end:
                self._problem(
                    path,
                    "gap_between_bands",
                    f"{end} 到 {band.low} 之间没有规定。",
                    f"Nothing is said of {end} to {band.low}.",
                )
            end = band.high
        if end is not None:
            self.findings.warn(
                (*self.path, "bands"),
                "gap_above_bands",
                f"{end} 以上没有规定，按 0 分；如果是有意的，请加一段 `points: 0`。",
                f"Nothing is said above {end}, so it brings 0; if that is meant, add a band of points: 0.",
            )

    def _problem(self, path: Path, code: str, zh: str, en: str) -> None:
        self.findings.error(path, code, zh, en)

    def _milestones(self, value: Any) -> Shape:
        marks = tuple(sorted((Decimal(step["at"]), Decimal(step["points"])) for step in value["steps"]))
        if len({at for at, _ in marks}) < len(marks):
            self._problem(
                (*self.path, "milestones"), "overlapping_bands", "同一个数写了两次。", "A mark is given twice."
            )
        measure = self._measure(value, "milestones")
        paid = tuple(
            replace(
                measure,
                key=f"{measure.key}.{plain(at)}",
                what="mark",
                kinds=(),
                categories=(),
                takes_place=False,
                rules=(self.rule["rule"],),
                mark=at,
            )
            for at, _ in marks
        )
        self.measures = (measure, *paid)
        return Milestones(measure, marks, _unit(measure), paid)

    def _measure(self, value: Any, name: str) -> Measure:
        of = value.get("of", self.rule["when"])
        categories = of.get("category")
        measure = Measure(
            key=f"{self.rule['rule']}.{name}",
            what="quantity",
            match=(value.get("per", "resident"),),
            window=window_of(value["window"]),
            kinds=listed(of.get("kind")),
            categories=() if isinstance(categories, dict) else listed(categories),
            takes_place=True,
        )
        self.measures = (measure,)
        return measure

    def _turn(self, value: Any) -> Shape:
        measure = Measure(
            key=f"{self.rule['rule']}.turn",
            what="turn",
            match=tuple(value["same"]),
            window=window_of(value["window"]),
            kinds=listed(self.rule["when"].get("kind")),
        )
        self.measures = (measure,)
        return Turn(measure, Decimal(value["first"]), Decimal(value["later"]))


def _unit(measure: Measure) -> Text:
    return _UNITS.get(measure.kinds, Text("个", "unit"))


def text_of(value: dict[str, str]) -> Text:
    return Text(value["zh"], value["en"])
