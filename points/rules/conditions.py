"""Step: when a rule speaks. A closed set of typed conditions, each of which can say itself and be compared."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from points.rules.days import DAY_KINDS
from points.rules.facts import AGE_BANDS
from points.rules.texts import NOTHING, Text, plain
from points.rules.view import View
from points.rules.windows import Window

Value = str | int | bool
Names = Mapping[str, Mapping[str, str]]
"""What the district calls its own things, by what they are (`NAMED`) and their id."""
NAMED = ("street", "team", "activity")
NO_NAMES: Names = {}

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_WEEKDAY_WORDS = dict(zip(WEEKDAYS, "一二三四五六日", strict=True))
DIMENSIONS: dict[str, tuple[Text, Callable[[View], Value | None]]] = {
    "kind": (Text("行为种类", "the kind of deed"), lambda view: view.event.kind.value),
    "category": (Text("类别", "the category"), lambda view: view.event.category),
    "street": (Text("街道", "the street"), lambda view: view.event.street),
    "team": (Text("队伍", "the team"), lambda view: view.event.team),
    "activity": (Text("活动", "the activity"), lambda view: view.event.activity),
    "weekday": (Text("星期", "the day of the week"), lambda view: WEEKDAYS[view.local.weekday()]),
    "day": (Text("日期性质", "the kind of day"), lambda view: view.day_kind),
    "age_band": (Text("年龄段", "the age band"), lambda view: view.facts.age_band),
    "tier": (Text("等级", "the tier"), lambda view: view.tier),
}
WORDS: dict[str, dict[str, Text]] = {
    "kind": {
        "act": Text("文明行为", "a civil act"),
        "service": Text("志愿服务", "volunteer service"),
        "ticket": Text("随手拍", "a photo ticket"),
        "referral": Text("推荐新志愿者", "a referral"),
    },
    "weekday": {key: Text(f"星期{word}", key.capitalize()) for key, word in _WEEKDAY_WORDS.items()},
    "day": DAY_KINDS,
    "age_band": AGE_BANDS,
}
GIVEN: dict[tuple[str, str], tuple[Text, dict[str, Text]]] = {
    ("service", "hours"): (
        Text("工时记录", "the record of the hours"),
        {
            "checked_in": Text("本人签到签退", "by checking in and out"),
            "corrected": Text("事后补录", "entered afterwards"),
        },
    ),
    ("ticket", "first"): (Text("“首报”", "“first report”"), {}),
    ("ticket", "duplicate"): (Text("“重复上报”", "“repeated report”"), {}),
    ("ticket", "rank"): (Text("上报的次序", "the place among the reports"), {}),
}
"""Attributes that the service itself gives to deeds of a kind; others are called as the pack calls them."""
CONSENTS = {
    "guardian": "监护人",
    "position": "使用位置",
    "leaderboard": "排行展示",
    "public_notice": "公示姓名",
    "age": "提供年龄",
}


@dataclass(frozen=True, slots=True)
class OneOf:
    """A word of the deed is one of a list (or, negated, none of it)."""

    what: str
    values: frozenset[Value]
    negated: bool
    read: Callable[[View], Value | None]
    titles: tuple[tuple[Value, Text], ...] = field(default=(), compare=False)
    """What the pack calls its own values (tiers, categories), where it does."""
    name: Text = field(default=NOTHING, compare=False)

    def holds(self, view: View) -> bool:
        value = self.read(view)
        found = value in self.values
        if found and isinstance(value, int):  # true is not 1
            found = any(value == each and type(value) is type(each) for each in self.values)
        return found is not self.negated

    def excludes(self, other: Condition) -> bool:
        if not isinstance(other, OneOf) or other.what != self.what:
            return False
        if self.negated or other.negated:
            return self.negated != other.negated and (
                self.values >= other.values if self.negated else other.values >= self.values
            )
        return self.values.isdisjoint(other.values)

    def implies(self, other: Condition) -> bool:
        """Whether the other holds wherever this one does."""
        if not isinstance(other, OneOf) or other.what != self.what:
            return False
        if self.negated:
            return other.negated and self.values >= other.values
        return self.values.isdisjoint(other.values) if other.negated else self.values <= other.values

    def say(self, names: Names = NO_NAMES) -> Text:
        """In words; a street, team or activity by its name where that is known."""
        name = self.name
        known = {**WORDS.get(self.what, {}), **{str(value): title for value, title in self.titles}}
        called = names.get(self.what, {})
        values = sorted(self.values, key=str)
        words = [known.get(str(value)) or spoken(called.get(str(value), value)) for value in values]
        zh, en = "、".join(word.zh for word in words), ", ".join(word.en for word in words)
        is_it = "不是" if self.negated else "是"
        if all(isinstance(value, bool) for value in values):
            is_it, zh = is_it.replace("是", "为"), f"“{zh}”"
        return Text(f"{name.zh}{is_it}{zh}", f"{name.en} is {'not ' if self.negated else ''}{en}")


@dataclass(frozen=True, slots=True)
class Between:
    """A number of the deed is at least `low` and below `high`; with `low` above `high` it wraps (a night)."""

    what: str
    low: Any
    high: Any
    read: Callable[[View], Any]
    words: Text
    wraps: bool = False

    def holds(self, view: View) -> bool:
        value = self.read(view)
        above = self.low is None or value >= self.low
        below = self.high is None or value < self.high
        return (above or below) if self.wraps else (above and below)

    def excludes(self, other: Condition) -> bool:
        if not isinstance(other, Between) or other.what != self.what:
            return False
        return not any(_meet(mine, theirs) for mine in self.pieces() for theirs in other.pieces())

    def implies(self, other: Condition) -> bool:
        if not isinstance(other, Between) or other.what != self.what:
            return False
        return all(any(_inside(mine, theirs) for theirs in other.pieces()) for mine in self.pieces())

    def pieces(self) -> tuple[tuple[Any, Any], ...]:
        return ((self.low, None), (None, self.high)) if self.wraps else ((self.low, self.high),)

    def say(self, names: Names = NO_NAMES) -> Text:
        return self.words


@dataclass(frozen=True, slots=True)
class Consented:
    """The resident has given each of these consents."""

    consents: frozenset[str]
    what: str = "consent"

    def holds(self, view: View) -> bool:
        return self.consents <= frozenset(view.facts.consents)

    def excludes(self, other: Condition) -> bool:
        return False

    def implies(self, other: Condition) -> bool:
        return isinstance(other, Consented) and other.consents <= self.consents

    def say(self, names: Names = NO_NAMES) -> Text:
        consents = sorted(self.consents)
        zh = "、".join(CONSENTS.get(each, each) for each in consents)
        return Text(f"已取得同意（{zh}）", f"the resident has consented to {', '.join(consents)}")


Condition = OneOf | Between | Consented


def all_hold(conditions: tuple[Condition, ...], view: View) -> bool:
    return all(condition.holds(view) for condition in conditions)


def exclude_each_other(one: tuple[Condition, ...], other: tuple[Condition, ...]) -> bool:
    """Whether no deed can meet both lists of conditions."""
    return any(mine.excludes(theirs) for mine in one for theirs in other)


def imply(one: tuple[Condition, ...], other: tuple[Condition, ...]) -> bool:
    """Whether every deed that meets the first list meets the second."""
    return all(any(mine.implies(theirs) for mine in one) for theirs in other)


def choice(what: str, values: list[Value], negated: bool, titles: tuple[tuple[Value, Text], ...] = ()) -> OneOf:
    name, read = DIMENSIONS[what]
    return OneOf(what, frozenset(values), negated, read, titles, name)


def attribute(name: str, values: list[Value], negated: bool, kinds: tuple[str, ...] = ()) -> OneOf:
    """Of deeds of these kinds; where there is one, what the service says of them is called by its own words."""

    def read(view: View) -> Value | None:
        return view.event.attributes.get(name)

    own = Text(f"“{name}”", f"`{name}`")
    called, words = GIVEN.get((kinds[0], name), (own, {})) if len(kinds) == 1 else (own, {})
    return OneOf(f"attributes.{name}", frozenset(values), negated, read, tuple(words.items()), called)


def quantity(low: Decimal | None, high: Decimal | None) -> Between:
    words = Text(f"数量{_range_zh(low, high)}", f"the quantity is {_range_en(low, high)}")
    return Between("quantity", low, high, lambda view: view.event.quantity, words)


def done_before(low: Decimal | None, high: Decimal | None, window: Window, tally: str) -> Between:
    title = window.title()
    words = Text(
        f"此前{title.zh}服务小时{_range_zh(low, high)}", f"hours done before ({title.en}) {_range_en(low, high)}"
    )
    return Between(f"hours_before.{window.name}.{window.days}", low, high, lambda view: view.tallies[tally], words)


def time_of_day(low: int, high: int) -> Between:
    """Minutes after local midnight; 22:00 to 06:00 is a night."""
    wraps = low > high
    words = Text(
        f"时间在 {_clock(low)} 到 {_clock(high)} 之间", f"the time is between {_clock(low)} and {_clock(high)}"
    )
    return Between("time", low, high, lambda view: view.local.hour * 60 + view.local.minute, words, wraps)


def dates(first: date | None, after: date | None, words: Text) -> Between:
    return Between("date", first, after, lambda view: view.local.date(), words)


def _meet(one: tuple[Any, Any], other: tuple[Any, Any]) -> bool:
    low = max((bound for bound in (one[0], other[0]) if bound is not None), default=None)
    high = min((bound for bound in (one[1], other[1]) if bound is not None), default=None)
    return low is None or high is None or bool(low < high)


def _inside(one: tuple[Any, Any], other: tuple[Any, Any]) -> bool:
    low_ok = other[0] is None or (one[0] is not None and one[0] >= other[0])
    high_ok = other[1] is None or (one[1] is not None and one[1] <= other[1])
    return low_ok and high_ok


def spoken(value: Value) -> Text:
    if isinstance(value, bool):
        return Text("是", "yes") if value else Text("否", "no")
    return Text(str(value), str(value))


def _clock(minutes: int) -> str:
    return f"{minutes // 60:02d}:{minutes % 60:02d}"


def _range_zh(low: Decimal | None, high: Decimal | None) -> str:
    parts = [f"不少于 {plain(low)}"] if low is not None else []
    parts += [f"少于 {plain(high)}"] if high is not None else []
    return "、".join(parts)


def _range_en(low: Decimal | None, high: Decimal | None) -> str:
    parts = [f"at least {plain(low)}"] if low is not None else []
    parts += [f"below {plain(high)}"] if high is not None else []
    return " and ".join(parts)
