"""Step: one line of a grant's arithmetic as people say it."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

from points.rules.steps import Step
from points.rules.texts import Text, plain


def said_step(step: Step) -> Text:
    """The sentence of a step; ValueError for a kind that is not in Step's table."""
    try:
        say = _SAY[step.kind]
    except KeyError as unknown:
        raise ValueError(f"no such step: {step.kind}") from unknown
    return say(step, [None if number is None else plain(number) for number in step.numbers])


def _rate(step: Step, n: list[str | None]) -> Text:
    value = plain(step.delta)
    return Text(f"每{step.title.zh} {n[0]} 分 × {n[1]} = {value} 分", f"{n[0]} per {step.title.en} x {n[1]} = {value}")


def _range(low: str | None, high: str | None) -> Text:
    if high is None:
        return Text(f"超过 {low} ", f"above {low}")
    return Text(f" {low} 至 {high} ", f"between {low} and {high}")


def _band_each(step: Step, n: list[str | None]) -> Text:
    points, low, high = n
    zh, en = _range(low, high)
    unit = step.title
    return Text(f"此前累计{zh}{unit.zh}：每次 {points} 分", f"{en} {unit.en}s in all before: {points} each time")


def _band(step: Step, n: list[str | None]) -> Text:
    points, part, low, high = n
    zh, en = _range(low, high)
    value = plain(step.delta)
    return Text(
        f"累计{zh}{step.title.zh}的部分：每{step.title.zh} {points} 分 × {part} = {value} 分",
        f"the part {en} {step.title.en}s in all: {points} per {step.title.en} x {part} = {value}",
    )


def _assessed(step: Step, n: list[str | None]) -> Text:
    of_zh = f"“{step.title.zh}”" if step.title.zh else ""
    of_en = f"“{step.title.en}” " if step.title.en else ""
    return Text(
        f"{of_zh}核定 {n[0]} 分（范围 {n[1]} 至 {n[2]}）",
        f"{of_en}set at {n[0]} by the reviewer (from {n[1]} to {n[2]})",
    )


def _turn(step: Step, n: list[str | None]) -> Text:
    if n[1] == "1":
        return Text(f"第一个上报，得 {n[0]} 分", f"first to report: {n[0]}")
    return Text(f"第 {n[1]} 个上报，得 {n[0]} 分", f"report number {n[1]} of the same: {n[0]}")


def _factor(step: Step, n: list[str | None]) -> Text:
    before = step.numbers[1] or Decimal(0)
    after = plain(before + step.delta)
    return Text(
        f"“{step.title.zh}”系数 {n[0]}：{n[1]} 分变为 {after} 分",
        f"“{step.title.en}” factor {n[0]}: {n[1]} becomes {after}",
    )


def _store(step: Step, n: list[str | None]) -> Text:
    return Text(
        f"最多可存 {n[0]} 分，已有 {n[1]} 分，超出 {n[2]} 分",
        f"{n[0]} can be stored, {n[1]} are there: {n[2]} too many",
    )


_SAY: dict[str, Callable[[Step, list[str | None]], Text]] = {
    "quantity": lambda step, n: Text(
        f"申报 {n[0]}，按{step.title.zh}的规定只计 {n[1]}", f"{n[0]} declared, {n[1]} counts ({step.title.en})"
    ),
    "each": lambda step, n: Text(f"每次 {n[0]} 分", f"{n[0]} each time"),
    "rate": _rate,
    "table": lambda step, n: Text(f"“{step.title.zh}”{n[0]} 分", f"“{step.title.en}”: {n[0]}"),
    "assessed": _assessed,
    "band": _band,
    "band_each": _band_each,
    "milestone": lambda step, n: Text(
        f"累计达到 {n[1]} {step.title.zh}，奖 {n[0]} 分", f"{n[1]} {step.title.en}s reached in all: {n[0]}"
    ),
    "turn": _turn,
    "factor": _factor,
    "most": lambda step, n: Text(f"一次最多 {n[0]} 分", f"at most {n[0]} for one deed"),
    "round": lambda step, n: Text(f"{step.title.zh}：{n[0]} 变为 {n[1]} 分", f"{step.title.en}: {n[0]} becomes {n[1]}"),
    "store": _store,
    "weekends": lambda step, n: Text(
        f"{step.title.zh}，{n[0]} 年的放假安排当时还没有公布，先按双休日计算",
        f"{step.title.en}: the holidays of {n[0]} were not known then, so Monday to Friday counted",
    ),
}
