"""A resident sees their star grade: by confirmed hours that stand, granted after the public notice."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal
from typing import Any

from backend.kit.auth import Role
from points.clock import FixedClock
from points.rules.days import Calendar
from points.rules.expiry import Notice
from points.rules.stars import Reached, Stars
from tests.backend.passbook.stage import fill_fund, publish_rules, serve
from tests.cast import Cast, Person
from tests.points.rules.packs import raw, rule, written

STARS = {"hours": [2, 5, 9], "notice": {"working_days": 5}}
DEED = {"kind": "service", "category": "敬老助残", "at": "2026-11-20 09:00", "resident": "甲", "gives": {"hours": 1}}
CASES = json.dumps({"pack": "pack.yaml", "cases": [{"case": "一小时一分", "deeds": [DEED]}]}, ensure_ascii=False)


def publish(cast: Cast, **parts: Any) -> None:
    hours = rule("hours", when={"kind": "service"}, points={"per_hour": 1})
    publish_rules(cast, written(raw(hours, calendar={"beyond": "weekends"}, **parts)), CASES)
    fill_fund(cast)


def stars(person: Person) -> dict[str, Any]:
    answer = person.get("/me/stars")
    assert answer.status_code == 200, answer.text
    return dict(answer.json)


def test_a_grade_is_under_notice_first_and_held_afterwards(cast: Cast, clock: FixedClock) -> None:
    publish(cast, stars=STARS)
    resident = cast.resident()
    assert stars(resident) == {
        "hours": "0",
        "grade": 0,
        "since": None,
        "notice": None,
        "next_at": "2",
        "grades": ["2", "5", "9"],
    }
    serve(resident, "1.5", "a1")
    serve(resident, "0.5", "a2")
    seen = stars(resident)
    assert (seen["hours"], seen["grade"], seen["next_at"]) == ("2", 0, "5")
    assert seen["notice"] == {"grade": 1, "reached": "2026-11-20", "granted": "2026-11-28"}
    clock.advance(days=8)
    back = cast.signed_in("resident", resident.id, ("resident",))
    seen = stars(back)
    assert (seen["grade"], seen["since"], seen["notice"]) == (1, "2026-11-28", None)
    serve(back, "3", "a3")
    assert (stars(back)["grade"], stars(back)["notice"]["grade"]) == (1, 2)


def test_hours_that_were_undone_do_not_count(cast: Cast) -> None:
    publish(cast, stars=STARS)
    resident = cast.resident()
    earning = serve(resident, "2", "a1")
    asked = cast.staff(Role.SECOND_REVIEWER).post(f"/staff/earnings/{earning}/undoing", {"reason": "查实不属实"})
    cast.staff(Role.FUND_MANAGER).post(f"/staff/corrections/{asked.json['id']}/confirm")
    assert (stars(resident)["hours"], stars(resident)["notice"]) == ("0", None)


def test_rules_without_grades_give_none(cast: Cast) -> None:
    resident = cast.resident()
    assert (stars(resident)["grade"], stars(resident)["grades"]) == (0, [])
    publish(cast)
    serve(resident, "20", "a1")
    assert (stars(resident)["hours"], stars(resident)["grade"], stars(resident)["next_at"]) == ("20", 0, None)


def test_nobody_sees_the_hours_of_somebody_else(cast: Cast) -> None:
    publish(cast, stars=STARS)
    serve(cast.resident(), "3", "a1")
    assert stars(cast.resident("吴谷雨"))["hours"] == "0"
    assert cast.stranger().get("/me/stars").status_code == 401


def test_several_grades_in_a_day_and_a_higher_one_on_notice() -> None:
    grades = Stars((Decimal(2), Decimal(5), Decimal(9)), Notice(3, working=False))
    first, second = date(2026, 6, 1), date(2026, 6, 10)
    standing = grades.standing([(first, Decimal(6)), (second, Decimal(4))], date(2026, 6, 12), Calendar())
    assert standing.held == Reached(2, first, date(2026, 6, 5))
    assert standing.on_notice == Reached(3, second, date(2026, 6, 14))
    assert grades.standing([], first, Calendar()).held is None
