"""Writes a generated year of deeds over the district's real streets; the people and deeds in it are made up.

.venv/bin/python benchmarks/rules_year.py year.csv [--deeds 1000000] [--seed 1]
"""

from __future__ import annotations

import argparse
import csv
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from random import Random

from points.events import DeedApproved, DeedKind
from points.rules.history import Past, write_history

STREETS = Path(__file__).parents[1] / "config" / "regions" / "370112" / "streets.csv"
RESIDENTS = 60_000
ACTS = ("拾金不昧", "调解矛盾纠纷", "支持公益事业", "节俭办红白喜事", "帮助困难居民", "参加社区活动")
SERVICES = ("敬老助残", "文明交通", "环境保护", "文化宣传", "关爱儿童", "应急救援")
TICKETS = ("暴露垃圾", "占道经营", "道路破损", "绿地养护", "小广告", "私搭乱建")
BANDS: tuple[tuple[str, int], ...] = (("under_14", 4), ("14_17", 6), ("18_59", 62), ("60_up", 28))
HOURS = tuple(Decimal(each) for each in ("0.5", "1", "1", "1.5", "2", "2", "2.5", "3", "4"))
START = datetime(2025, 12, 31, 16, tzinfo=UTC)  # midnight of the first of January in the district
YEAR = timedelta(days=365)


def streets() -> list[tuple[str, int]]:
    """Each real street with the number of its communities, as the weight of its people."""
    with STREETS.open(encoding="utf-8", newline="") as lines:
        return [(row["code9"], int(row["n_communities"])) for row in csv.DictReader(lines)]


def year(deeds: int, seed: int) -> Iterator[Past]:
    """So many deeds in the order of their time; the same seed gives the same year."""
    random = Random(seed)
    names, weights = zip(*streets(), strict=True)
    bands, shares = zip(*BANDS, strict=True)
    home = random.choices(names, weights, k=RESIDENTS)
    ages = random.choices(bands, shares, k=RESIDENTS)
    for number in range(deeds):
        who = int(RESIDENTS * random.random() ** 2.2)  # a few do much
        at = (START + YEAR * (number / deeds)).replace(microsecond=0)
        yield Past(_deed(number, at, who, home[who], random), at + timedelta(hours=6), ages[who], ())


def _deed(number: int, at: datetime, who: int, street: str, random: Random) -> DeedApproved:
    draw = random.random()
    week = number // 20_000
    kind, category, quantity = DeedKind.ACT, random.choice(ACTS), Decimal(1)
    activity = place = about = team = None
    if draw < 0.45:
        kind, category, quantity = DeedKind.SERVICE, random.choice(SERVICES), random.choice(HOURS)
        activity, team = f"act-{street}-{week}-{random.randrange(40)}", f"team-{random.randrange(190)}"
    elif draw < 0.75:
        kind, category = DeedKind.TICKET, random.choice(TICKETS)
        place = f"place-{street}-{random.randrange(900)}"
    elif draw < 0.77:
        kind, category, about = DeedKind.REFERRAL, "推荐新志愿者", f"new-{number}"
    return DeedApproved(
        id=f"deed-{number}",
        kind=kind,
        category=category,
        at=at,
        resident=f"made-up-{who}",
        district="370112",
        quantity=quantity,
        street=street,
        activity=activity,
        team=team,
        household=f"home-{who // 3}",
        place=place,
        about=about,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", type=Path)
    parser.add_argument("--deeds", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    with asked.file.open("w", encoding="utf-8", newline="") as out:
        count = write_history(year(asked.deeds, asked.seed), out)
    print(f"{count} generated deeds over {len(streets())} real streets in {asked.file}")


if __name__ == "__main__":
    main()
