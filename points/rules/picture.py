"""Beside the decisions: a trial as a picture (SVG): points by month, street, rule and age band."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape

from points.rules.trial import Trial

WIDTH = 960
BAR = 14
LEFT = 190
RIGHT = 110
NEW, OLD = "#2a6f97", "#c9ced6"


def picture(new: Trial, old: Trial | None, title: str, names: Mapping[str, str] | None = None) -> str:
    """An SVG of bars, the new pack's dark and the old one's pale; `names` says streets' codes in words."""
    charts = (
        ("每月积分 / points by month", new.by_month, old.by_month if old else {}),
        ("各街道积分 / points by street", new.by_street, old.by_street if old else {}),
        ("各规则积分 / points by rule", new.by_rule, old.by_rule if old else {}),
        ("各年龄段积分 / points by age band", new.by_age, old.by_age if old else {}),
    )
    parts: list[str] = []
    top = 60
    for name, mine, theirs in charts:
        body, top = _chart(name, mine, theirs, top, names or {})
        parts.extend(body)
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{top}" viewBox="0 0 {WIDTH} {top}" '
        'font-family="Noto Sans CJK SC, Microsoft YaHei, PingFang SC, sans-serif" font-size="12">'
    )
    return "\n".join(
        [
            head,
            f'<rect width="{WIDTH}" height="{top}" fill="white"/>',
            _text(20, 30, title, "start", 18),
            *parts,
            "</svg>",
        ]
    )


def _chart(
    name: str, new: Mapping[str, int], old: Mapping[str, int], top: int, names: Mapping[str, str]
) -> tuple[list[str], int]:
    keys = sorted({*new, *old})
    most = max((*new.values(), *old.values(), 1))
    scale = (WIDTH - LEFT - RIGHT) / most
    parts = [_text(20, top + 14, name, "start", 14)]
    top += 26
    for key in keys:
        parts.append(_text(LEFT - 8, top + BAR - 2, names.get(key, key), "end"))
        for amount, colour in ((new.get(key, 0), NEW), (old.get(key, 0), OLD)):
            if colour == OLD and not old:
                continue
            parts.append(
                f'<rect x="{LEFT}" y="{top}" width="{amount * scale:.1f}" height="{BAR - 3}" fill="{colour}"/>'
            )
            parts.append(_text(LEFT + amount * scale + 6, top + BAR - 4, f"{amount:,}", "start"))
            top += BAR
        top += 6
    return parts, top + 20


def _text(x: float, y: float, text: str, anchor: str, size: int = 12) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-size="{size}">{escape(text)}</text>'
