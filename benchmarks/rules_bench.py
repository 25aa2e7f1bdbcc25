"""How fast a decision is, as ratios in one run: against the same in plain `if`s, and from 20 to 2,000 rules.

.venv/bin/python -m benchmarks.rules_bench [--seconds 2]
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import ROUND_DOWN, Decimal
from functools import partial
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

from points.events import DeedApproved, DeedKind
from points.rules import Decision, Facts, Pack, decide, facts_needed, load_pack
from points.rules.windows import add_months

ZONE = ZoneInfo("Asia/Shanghai")
NOW = datetime(2026, 6, 10, 4, tzinfo=UTC)
MOST_NODES = 100_000
"""More than a file may hold, which is 60,000: here 2,000 rules name an activity each."""
WINDOWS = ("day", "week", "month", "year")


def made_up(rules: int, caps: int) -> dict[str, Any]:
    """A pack of so many rules, each for its own category: in turn per act, per hour and in bands; caps over tens."""

    def text(name: str) -> dict[str, str]:
        return {"zh": name, "en": name}

    shapes: list[dict[str, Any]] = [
        {"each": 7},
        {"per_hour": 3},
        {"bands": {"window": "year", "steps": [{"from": 0, "to": 10, "points": 10}, {"from": 10, "points": 4}]}},
    ]
    each = max(1, rules // caps) if caps else 1
    return {
        "format": 1,
        "pack": "bench",
        "version": 1,
        "title": text("bench"),
        "document": {"title": text("bench"), "number": "1", "publisher": "nobody"},
        "district": "370112",
        "valid": {"from": "2026-01-01", "to": "2026-12-31"},
        "rounding": "down",
        "fund": "civic",
        "expires": {"months": 12},
        "coefficients": [
            {"coefficient": "night", "title": text("night"), "cases": [
                {"title": text("night"), "when": {"time": {"from": "20:00", "to": "06:00"}}, "factor": 1.5}
            ]}
        ],
        "rules": [
            {
                "rule": f"r{number}",
                "title": text(f"rule {number}"),
                "when": {"kind": "service", "category": f"c{number}"},
                "points": shapes[number % 3],
                "coefficients": ["night"],
            }
            for number in range(rules)
        ],
        "caps": [
            {
                "cap": f"cap{number}",
                "title": text(f"cap {number}"),
                "per": "resident",
                "window": WINDOWS[number % 4],
                "points": 1000 + number,
                "rules": [f"r{place}" for place in range(number * each, min(rules, (number + 1) * each))],
            }
            for number in range(caps)
        ],
    }  # fmt: skip


def of_one_category(rules: int, caps: int) -> dict[str, Any]:
    """The same pack, but all its rules are for one category, each for an activity of its own."""
    raw = made_up(rules, caps)
    for number, rule in enumerate(raw["rules"]):
        rule["when"] = {"kind": "service", "category": "c0", "activity": f"a{number}"}
    return raw


def deeds(pack: Pack, rules: int, count: int, *, one_category: bool = False) -> list[tuple[DeedApproved, Facts]]:
    random = Random(1)
    found = []
    for number in range(count):
        event = DeedApproved(
            f"deed-{number}",
            DeedKind.SERVICE,
            f"c{random.randrange(rules)}",
            NOW + timedelta(minutes=random.randrange(200_000)),
            f"made-up-{random.randrange(1000)}",
            "370112",
            Decimal(random.choice(("0.5", "1", "1.5", "2", "3"))),
            activity=f"a{random.randrange(rules)}",
        )
        event = replace(event, category="c0") if one_category else event
        needed = facts_needed(pack, event)
        found.append((event, Facts(event.at, {tally.key: Decimal(random.randrange(20)) for tally in needed.tallies})))
    return found


def hand_written(raw: dict[str, Any]) -> Callable[[DeedApproved, Facts], Any]:
    """The same pack as a programmer would write it: one `if` after the other, the same exact arithmetic and answers."""
    lines = ["def plain(event, facts):", "    local = event.at.astimezone(ZONE)", "    day = local.date()"]
    for number, rule in enumerate(raw["rules"]):
        word, category = "if" if number == 0 else "elif", rule["when"]["category"]
        lines.append(f"    {word} event.kind == 'service' and event.category == {category!r}:")
        lines.extend(f"        {line}" for line in _body(rule, raw["caps"]))
    lines.append("    return None")
    space: dict[str, Any] = {
        "ZONE": ZONE, "Decimal": Decimal, "ROUND_DOWN": ROUND_DOWN, "add_months": add_months,
        "timedelta": timedelta, "datetime": datetime,
    }  # fmt: skip
    exec("\n".join(lines), space)
    written: Callable[[DeedApproved, Facts], Any] = space["plain"]
    return written


def _body(rule: dict[str, Any], caps: list[dict[str, Any]]) -> list[str]:
    (shape, _), *_ = rule["points"].items()
    lines = list(_SHAPES[shape](rule["rule"]))
    lines += ["if local.hour >= 20 or local.hour < 6:", "    total = total * Decimal('1.5')", "caps = []"]
    for cap in caps:
        if rule["rule"] in cap["rules"]:
            label = _LABELS[cap["window"]]
            lines.append(f"key = f'{cap['cap']}:resident:{{event.resident}}:' + {label}")
            lines.append(f"caps.append((key, {cap['points']}))")
    return [
        *lines,
        "amount = int(total.to_integral_value(ROUND_DOWN))",
        "last = add_months(facts.decided_at.astimezone(ZONE).date(), 12) + timedelta(days=1)",
        "expires = datetime(last.year, last.month, last.day, tzinfo=ZONE)",
        f"return ({rule['rule']!r}, amount, 'civic', expires, tuple(caps))",
    ]


_SHAPES: dict[str, Callable[[str], tuple[str, ...]]] = {
    "each": lambda _: ("total = Decimal(7)",),
    "per_hour": lambda _: ("total = 3 * event.quantity",),
    "bands": lambda rule: (
        f"before = facts.tallies['{rule}.bands']",
        "end = before + event.quantity",
        "first = max(Decimal(0), min(end, Decimal(10)) - before)",
        "total = 10 * first + 4 * (event.quantity - first)",
    ),
}
_LABELS = {
    "day": "day.isoformat()",
    "week": "'%d-W%02d' % day.isocalendar()[:2]",
    "month": "'%d-%02d' % (day.year, day.month)",
    "year": "str(day.year)",
}


Events = list[tuple[DeedApproved, Facts]]
Call = Callable[[DeedApproved, Facts], Any]


def per_second(runs: dict[str, tuple[Call, Events]], seconds: float) -> dict[str, float]:
    """Calls a second of processor time, the best of ten rounds each; rounds take turns, so that load falls on all."""
    best = dict.fromkeys(runs, 0.0)
    for _ in range(10):
        for name, (call, events) in runs.items():
            start = time.process_time()
            done = 0
            while time.process_time() - start < seconds / 10:
                for event, facts in events:
                    call(event, facts)
                done += len(events)
            best[name] = max(best[name], done / (time.process_time() - start))
    return best


def same(decision: Decision, plain: Any) -> bool:
    if not decision.grants:
        return plain is None or plain[1] == 0
    grant = decision.grants[0]
    return (grant.rule, grant.amount, grant.fund, grant.expires_at, grant.caps) == (*plain[:4], tuple(sorted(plain[4])))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=2.0)
    seconds = parser.parse_args().seconds
    raw = made_up(200, 40)
    pack = load_pack(json.dumps(raw))
    events = deeds(pack, 200, 500)
    plain = hand_written(raw)
    assert all(same(decide(pack, event, facts), plain(event, facts)) for event, facts in events)
    runs: dict[str, tuple[Call, Events]] = {"rules": (partial(decide, pack), events), "plain": (plain, events)}
    for rules in (20, 2000):
        grown = load_pack(json.dumps(made_up(rules, 10)))
        runs[str(rules)] = (partial(decide, grown), deeds(grown, rules, 500))
        alike = load_pack(json.dumps(of_one_category(rules, 10)), most=MOST_NODES)
        runs[f"alike_{rules}"] = (partial(decide, alike), deeds(alike, rules, 500, one_category=True))
    speeds = per_second(runs, seconds)
    for row in rows(speeds):
        print(json.dumps(row))


def rows(speeds: dict[str, float]) -> list[dict[str, Any]]:
    """The figures, with the decisions a second that they come from."""
    each = {f"{name}_a_second": round(speed) for name, speed in speeds.items()}
    return [
        {
            "name": "One decision with 200 rules and 40 caps, to the same in plain ifs",
            "ratio": round(speeds["rules"] / speeds["plain"], 2),
            "goal": 0.3,
            "better": "higher",
            **each,
        },
        {
            "name": "What a decision costs with 2,000 rules, to 20 rules",
            "ratio": round(speeds["20"] / speeds["2000"], 2),
            "goal": 2,
            "better": "lower",
            **each,
        },
        {
            "name": "What a decision costs with 2,000 rules of one category, told apart by activity, to 20 rules",
            "ratio": round(speeds["alike_20"] / speeds["alike_2000"], 2),
            "goal": 2,
            "better": "lower",
            **each,
        },
    ]


if __name__ == "__main__":
    main()
