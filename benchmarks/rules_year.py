"""Writes a generated year of deeds over the district's real streets; the people and deeds in it are made up.

.venv/bin/python benchmarks/rules_year.py year.csv [--deeds 1000000] [--seed 1] [--pack MINE.yaml]

With a pack its deeds are of the categories that its rules name, and say what its rules ask, so that a new pack can be
tried; without one they are of the fixed categories below.
"""

from __future__ import annotations

import argparse
import csv
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from random import Random

from points.events import DeedApproved, DeedKind
from points.rules import Pack, load_pack
from points.rules.asked import attributes_asked, consents_asked
from points.rules.history import Past, write_history
from points.rules.pack import Rule
from points.rules.shapes import Table

STREETS = Path(__file__).parents[1] / "config" / "regions" / "370112" / "streets.csv"
RESIDENTS = 60_000
ACTS = ("拾金不昧", "调解矛盾纠纷", "支持公益事业", "节俭办红白喜事", "帮助困难居民", "参加社区活动")
SERVICES = ("敬老助残", "文明交通", "环境保护", "文化宣传", "关爱儿童", "应急救援")
TICKETS = ("暴露垃圾", "占道经营", "道路破损", "绿地养护", "小广告", "私搭乱建")
Words = dict[DeedKind, tuple[str, ...]]
WORDS: Words = {DeedKind.ACT: ACTS, DeedKind.SERVICE: SERVICES, DeedKind.TICKET: TICKETS}
BANDS: tuple[tuple[str, int], ...] = (("under_14", 4), ("14_17", 6), ("18_59", 62), ("60_up", 28))
HOURS = tuple(Decimal(each) for each in ("0.5", "1", "1", "1.5", "2", "2", "2.5", "3", "4"))
START = datetime(2025, 12, 31, 16, tzinfo=UTC)  # midnight of the first of January in the district
YEAR = timedelta(days=365)


def streets() -> list[tuple[str, int]]:
    """Each real street with the number of its communities, as the weight of its people."""
    with STREETS.open(encoding="utf-8", newline="") as lines:
        return [(row["code9"], int(row["n_communities"])) for row in csv.DictReader(lines)]


def words_of(pack: Pack) -> Words:
    """The categories that a pack promises or its rules name, by kind; the fixed ones where its rules take any."""
    found: Words = {}
    for kind, fixed in WORDS.items():
        rules = [rule for rule in pack.rules if rule.kinds is None or kind.value in rule.kinds]
        named = {name for rule in rules for name in rule.categories or ()} | set(
            pack.raw.get("categories", {}).get(kind.value, ())
        )
        named |= {name for rule in rules for name in _looked_up(rule)}
        found[kind] = tuple(sorted(named)) or fixed
    return found


def _looked_up(rule: Rule) -> Iterable[str]:
    return rule.shape.entries if isinstance(rule.shape, Table) and rule.shape.by == "category" else ()


def year(deeds: int, seed: int, pack: Pack | None = None) -> Iterator[Past]:
    """So many deeds in the order of their time; the same seed and pack give the same year.

    Seven residents in ten have given all consents that the pack asks for.
    """
    random = Random(seed)
    names, weights = zip(*streets(), strict=True)
    bands, shares = zip(*BANDS, strict=True)
    home = random.choices(names, weights, k=RESIDENTS)
    ages = random.choices(bands, shares, k=RESIDENTS)
    words = WORDS if pack is None else words_of(pack)
    agreed = () if pack is None else consents_asked(pack)
    start = START if pack is None else START.replace(year=pack.valid_from.year - 1)
    for number in range(deeds):
        who = int(RESIDENTS * random.random() ** 2.2)  # a few do much
        at = (start + YEAR * (number / deeds)).replace(microsecond=0)
        deed = _deed(number, at, who, home[who], random, words)
        if pack is not None:
            deed = _answering(deed, pack, random)
        yield Past(deed, at + timedelta(hours=6), ages[who], agreed if who % 10 < 7 else ())


def _answering(deed: DeedApproved, pack: Pack, random: Random) -> DeedApproved:
    """The deed with what the pack's rules ask of it: seven times in ten a value they know, and whole quantities."""
    asked = attributes_asked(pack, deed.kind.value, deed.category)
    told = {name: random.choice(sorted(values, key=str)) for name, values in asked.items() if random.random() < 0.7}
    quantity = Decimal(random.randint(1, 5)) if deed.kind is DeedKind.ACT else deed.quantity
    return replace(deed, attributes=told, quantity=quantity)


def _deed(number: int, at: datetime, who: int, street: str, random: Random, words: Words) -> DeedApproved:
    draw = random.random()
    week = number // 20_000
    kind, category, quantity = DeedKind.ACT, random.choice(words[DeedKind.ACT]), Decimal(1)
    activity = place = about = team = None
    if draw < 0.45:
        kind, category, quantity = DeedKind.SERVICE, random.choice(words[DeedKind.SERVICE]), random.choice(HOURS)
        activity, team = f"act-{street}-{week}-{random.randrange(40)}", f"team-{random.randrange(190)}"
    elif draw < 0.75:
        kind, category = DeedKind.TICKET, random.choice(words[DeedKind.TICKET])
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
    parser.add_argument("--pack", type=Path, help="a rule pack whose categories and facts the deeds take")
    asked = parser.parse_args()
    pack = load_pack(asked.pack) if asked.pack else None
    with asked.file.open("w", encoding="utf-8", newline="") as out:
        count = write_history(year(asked.deeds, asked.seed, pack), out)
    print(f"{count} generated deeds over {len(streets())} real streets in {asked.file}")


if __name__ == "__main__":
    main()
