"""Step: caps that cannot do anything: no rule under them, a wider one always in the way, or more than can be earned."""

from __future__ import annotations

from points.rules.caps import Cap
from points.rules.most import INSIDE, lets_through, most_under
from points.rules.pack import Pack
from points.rules.problems import Findings
from points.rules.windows import TITLES


def check_caps(pack: Pack, findings: Findings) -> None:
    """Warn of every cap and budget that can never cut; refuse those that count no rule."""
    places = {value["cap"]: ("caps", place) for place, value in enumerate(pack.raw.get("caps", ()))}
    places |= {value["budget"]: ("budgets", place) for place, value in enumerate(pack.raw.get("budgets", ()))}
    _check_shares(pack, findings)
    every = (*pack.caps, *pack.budgets)
    under = {cap.id: frozenset(rule.id for rule in pack.rules if cap in rule.caps) for cap in every}
    for cap in every:
        path = places[cap.id]
        if not under[cap.id]:
            findings.error(path, "cap_without_rules", "没有规则受这个上限约束。", "No rule is under this cap.")
            continue
        wider = next((other for other in every if _covers(other, cap, under)), None)
        if wider is not None:
            _unreachable(findings, path, f"“{wider.title.zh}”总是先到", f"`{wider.id}` always cuts first")
            continue
        if cap.ceiling == 0:
            zh, en = "这个上限是 0 分：它管的规则什么也不给。", "This cap is 0 points: the rules under it give nothing."
            findings.warn((*path, "points"), "gives_nothing", zh, en)
            continue
        narrow = next((other for other in every if _starves(other, cap, under)), None)
        if narrow is not None:
            _unreachable(
                findings, path, f"“{narrow.title.zh}”加起来也不到", f"`{narrow.id}` never lets so many through"
            )
            continue
        narrower = [other for other in every if under[other.id] < under[cap.id]]
        most = most_under(cap, [rule for rule in pack.rules if cap in rule.caps], narrower)
        if most is not None and most <= cap.ceiling:
            _unreachable(findings, path, f"最多只能得 {int(most)} 分", f"no more than {int(most)} can be earned")


def _check_shares(pack: Pack, findings: Findings) -> None:
    """Warn of a share that is not counted over the time of its budget."""
    budgets = {budget.id: budget for budget in pack.budgets}
    for place, value in enumerate(pack.raw.get("caps", ())):
        of = budgets[value["share"]["of"]] if "share" in value else None
        if of is not None and of.window != value["window"]:
            cap, its = TITLES[value["window"]], TITLES[of.window]
            zh = f"这个上限按“{cap.zh}”计，它所占份额的预算却按“{its.zh}”计；两个时段请写成一样。"
            en = f"This cap counts {cap.en}, the budget it is a share of {its.en}; give both one window."
            findings.warn(("caps", place, "share"), "share_of_another_window", zh, en)


def _unreachable(findings: Findings, path: tuple[str | int, ...], zh: str, en: str) -> None:
    findings.warn(path, "cap_unreachable", f"这个上限永远到不了：{zh}。", f"This cap can never be reached: {en}.")


def _covers(wide: Cap, narrow: Cap, under: dict[str, frozenset[str]]) -> bool:
    """Whether `wide` counts all that `narrow` counts, for at least as many and as long, and is not higher."""
    if wide.id == narrow.id or not under[narrow.id] <= under[wide.id]:
        return False
    if not frozenset(wide.per) - {"district"} <= frozenset(narrow.per) or wide.window not in INSIDE[narrow.window]:
        return False
    same = frozenset(wide.per) == frozenset(narrow.per) and wide.window == narrow.window
    alike = same and wide.ceiling == narrow.ceiling and under[wide.id] == under[narrow.id]
    return wide.ceiling <= narrow.ceiling and (not alike or wide.id < narrow.id)


def _starves(narrow: Cap, wide: Cap, under: dict[str, frozenset[str]]) -> bool:
    """Whether all that `narrow` lets through in its windows within one of `wide` is not above the ceiling of that."""
    if narrow.window in INSIDE[wide.window] or not under[wide.id] <= under[narrow.id]:
        return False
    through = lets_through(narrow, wide)
    return through is not None and through <= wide.ceiling
