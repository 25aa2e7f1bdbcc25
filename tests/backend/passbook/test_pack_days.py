"""Which day a pack counts: the district's, also where a year's holidays are not published yet."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import chinese_calendar
import pytest

from points.clock import FixedClock
from tests.backend.passbook.stage import PACK, STAR, approve, fill_fund, no, publish_rules, serve, submit, told
from tests.cast import Cast
from tests.points.rules.packs import raw, rule, written

UNPUBLISHED = max(day.year for day in chinese_calendar.holidays) + 1
"""The first year whose holidays nobody knows here; the notices below run into it."""


@pytest.fixture
def last_year(clock: FixedClock) -> FixedClock:
    """Two days before the year begins whose holidays nobody knows."""
    clock.advance(days=(clock.now().replace(year=UNPUBLISHED, month=1, day=1) - clock.now()).days - 1)
    return clock


def publish(cast: Cast, **parts: Any) -> None:
    """A pack of the years alone whose holidays are published."""
    valid = {"from": "2026-01-01", "to": f"{UNPUBLISHED - 1}-12-31"}
    of = raw(rule("acts", when={"kind": ["act", "service"]}), valid=valid, **parts)
    done = {"kind": "act", "category": STAR, "at": "2026-11-20 09:00", "resident": "甲", "gives": {"acts": 10}}
    publish_rules(cast, written(of), json.dumps({"pack": "p.yaml", "cases": [{"case": "每次十分", "deeds": [done]}]}))
    fill_fund(cast)


def test_a_pack_that_counts_its_days_in_another_zone_is_refused_with_its_line(cast: Cast) -> None:
    elsewhere = PACK.replace("timezone: Asia/Shanghai", "timezone: America/New_York")
    line = elsewhere.splitlines().index("timezone: America/New_York") + 1
    answer = submit(cast, elsewhere)
    assert no(answer) == (422, "rule_pack_invalid")
    assert f"{line}: timezone_not_the_districts" in answer.json["detail"]
    assert "Asia/Shanghai" in answer.json["detail"]
    assert submit(cast).status_code == 201


def test_a_deed_is_approved_though_its_notice_runs_into_a_year_without_holidays(
    cast: Cast, last_year: FixedClock
) -> None:
    done = last_year.now() - timedelta(hours=1)
    publish(cast, notice={"working_days": 5})
    resident = cast.resident()
    earning = told(resident, approve(resident, at=done))
    assert earning["state"] == "posted"
    zh = "\n".join(earning["sentences"]["zh-CN"])
    assert f"{UNPUBLISHED} 年的放假安排当时还没有公布" in zh
    last_year.advance(days=60)
    other = cast.resident()
    late = told(other, approve(other, at=done))
    assert (late["state"], late["decision"]["version"]) == ("posted", earning["decision"]["version"])


def test_stars_are_shown_though_their_notice_runs_into_a_year_without_holidays(
    cast: Cast, last_year: FixedClock
) -> None:
    publish(cast, stars={"hours": [1, 2], "notice": {"working_days": 5}})
    resident = cast.resident()
    serve(resident, "1", "活动一")
    seen = resident.get("/me/stars")
    assert (seen.status_code, seen.json["notice"]["grade"]) == (200, 1)
