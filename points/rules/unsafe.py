"""Step: tables seen in the wild that this scheme refuses by name, before anything else is looked at.

Points for money given, minus points for behaviour, cash or rank prizes: a pack that holds one is not a mistake of form
and gets its own sentence.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from points.rules.problems import Findings, Path
from points.rules.unsafe_words import idea_of, is_money

_MONEY = ("yuan_donated", "per_yuan", "donat", "money", "捐款", "捐资", "善款")
_MINUS = ("deduct", "minus", "penalt", "demerit", "扣分", "扣减", "处罚", "罚")
_PRIZE = ("cash", "rank", "leaderboard", "top_", "yuan_by", "现金", "排名", "名次")
_ALLOWED = frozenset({"points_per_yuan", "left_out", "overflow_to"})
_FREE_TEXT = frozenset({"note", "sources", "title", "document", "words"})
_SPEAKING = ("rules", "coefficients", "categories", "words")
_NOT_READ = frozenset({"note", "source", "unit", "fund", "consent"})
_TOWNS_WORDS = frozenset({"values", "attributes"})
"""Under these the keys are the town's own words; only giving money is refused there."""

REFUSED = {
    "points_for_money": (
        "本系统不接受“捐钱换积分”：积分只奖励行为和服务，不与捐款挂钩。",
        "Points for money given are refused: points reward deeds and service, never donations.",
    ),
    "minus_points": (
        "本系统不接受扣分：积分只奖不罚，不对个人或家庭的行为减分。",
        "Minus points are refused: points only reward; nobody's behaviour costs any.",
    ),
    "cash_by_ranking": (
        "本系统不接受现金奖励或按排名发奖：积分只兑换商品和服务，不评名次。",
        "Cash and prizes by ranking are refused: points buy rewards, and nobody is ranked.",
    ),
}


def check_safe(value: Any, findings: Findings) -> None:
    """Refuse a pack that holds one of the three ideas; the sentence names which."""
    _look(value, (), findings)
    if isinstance(value, dict) and not findings.failed:
        for section in _SPEAKING:
            _read_words(value.get(section), (section,), findings)
    findings.stop_if_failed()


def _look(value: Any, path: Path, findings: Findings) -> None:
    if isinstance(value, dict):
        for key, part in value.items():
            here = (*path, key)
            own = bool(path) and path[-1] in _TOWNS_WORDS
            if key in _FREE_TEXT and not own:
                continue
            code = _code_of_key(key, own)
            if code:
                _refuse(here, code, findings)
            elif key == "unit" and isinstance(part, dict):
                _look_at_unit(part, here, findings)
            else:
                _look(part, here, findings)
    elif isinstance(value, list):
        for index, part in enumerate(value):
            _look(part, (*path, index), findings)
    elif isinstance(value, (int, Decimal)) and not isinstance(value, bool) and value < 0 and "priority" not in path:
        _refuse(path, "minus_points", findings)


def _read_words(value: Any, path: Path, findings: Findings) -> None:
    """Look at every word of a section, keys of the town's own too."""
    if isinstance(value, str):
        code = idea_of(value)
        if code:
            _refuse(path, code, findings)
    elif isinstance(value, list):
        for index, part in enumerate(value):
            _read_words(part, (*path, index), findings)
    elif isinstance(value, dict):
        for key, part in value.items():
            if key in _NOT_READ:
                continue
            _read_words(key, (*path, key), findings)
            _read_words(part, (*path, key), findings)


def _code_of_key(key: str, own: bool) -> str | None:
    if key in _ALLOWED:
        return None
    if _has(key, _MONEY):
        return "points_for_money"
    if own:
        return None
    if _has(key, _MINUS):
        return "minus_points"
    return "cash_by_ranking" if _has(key, _PRIZE) else None


def _look_at_unit(unit: dict[str, Any], path: Path, findings: Findings) -> None:
    if any(is_money(str(word)) for word in unit.values()):
        _refuse(path, "points_for_money", findings)


def _has(text: str, words: tuple[str, ...]) -> bool:
    lower = text.lower()
    return any(word in lower for word in words)


def _refuse(path: Path, code: str, findings: Findings) -> None:
    findings.error(path, code, *REFUSED[code])
