"""Writes `tickets_sample.csv`: made-up tickets, drawn from a seed, in the columns that `civic tickets import` takes.

Nothing in it is real. It has the dirt that real streams have: a default position, tickets closed in the second they
opened, a due time before the opening. Run it from the project's folder: `python config/samples/make_tickets_sample.py`.
"""

from __future__ import annotations

import csv
import random
from datetime import datetime, timedelta, timezone
from pathlib import Path

ROWS, SEED = 300, 370112
HERE = Path(__file__).resolve().parent
ZONE = timezone(timedelta(hours=8))
FIRST = datetime(2026, 5, 1, 6, 0, tzinfo=ZONE)
DEFAULT_POSITION = (36.6804, 117.0679)
AREAS = ("山大路街道", "洪家楼街道", "东风街道", "全福街道", "华山街道", "王舍人街道", "郭店街道", "唐冶街道")
CHANNELS = ("电话", "小程序", "网格巡查", "网站")
WORK = {  # class: how often, usual days until it is closed
    "暴露垃圾": (60, 0.3),
    "道路保洁": (30, 0.2),
    "路面破损": (40, 4.0),
    "路灯故障": (35, 2.0),
    "乱涂乱画与小广告": (30, 1.0),
    "井盖与排水": (20, 1.0),
    "行道树": (25, 3.0),
    "绿地养护": (20, 5.0),
    "废弃车辆": (15, 3.0),
    "违停": (15, 0.1),
    "其他": (10, 5.0),
}


def rows() -> list[dict[str, str]]:
    """All rows, oldest first."""
    luck = random.Random(SEED)  # noqa: S311 - the same file each time is the point
    at, made = FIRST, []
    for number in range(1, ROWS + 1):
        at += timedelta(seconds=luck.randrange(600, 40_000))
        made.append(_row(luck, number, at))
    return made


def _row(luck: random.Random, number: int, opened: datetime) -> dict[str, str]:
    name = luck.choices(list(WORK), [often for often, _ in WORK.values()])[0]
    due = opened + timedelta(days=WORK[name][1] * 1.5)
    closed: datetime | None = opened + timedelta(days=luck.expovariate(1 / WORK[name][1]))
    lat, lon = 36.68 + luck.uniform(-0.06, 0.06), 117.10 + luck.uniform(-0.1, 0.1)
    if luck.random() < 0.08:
        lat, lon = DEFAULT_POSITION
    if luck.random() < 0.06:
        closed = None
    elif luck.random() < 0.04:
        closed = opened
    if luck.random() < 0.01:
        due = opened - timedelta(hours=1)
    duplicate = closed is not None and luck.random() < 0.04
    return {
        "source": "generated",
        "ticket_id": f"G{number:06d}",
        "category": name,
        "subcategory": "",
        "created_at": opened.isoformat(),
        "sla_due_at": due.isoformat(timespec="seconds"),
        "closed_at": closed.isoformat(timespec="seconds") if closed else "",
        "status": "Closed" if closed else "Open",
        "on_time": "" if closed is None else "ONTIME" if closed <= due else "OVERDUE",
        "is_duplicate": "1" if duplicate else "0",
        "closure_class": "Duplicate" if duplicate else "Resolved" if closed else "",
        "channel": luck.choice(CHANNELS),
        "anonymous": "",
        "area": luck.choice(AREAS),
        "lat": f"{lat:.4f}",
        "lon": f"{lon:.4f}",
    }


if __name__ == "__main__":
    with (HERE / "tickets_sample.csv").open("w", encoding="utf-8", newline="") as file:
        made = rows()
        table = csv.DictWriter(file, list(made[0]), lineterminator="\n")
        table.writeheader()
        table.writerows(made)
