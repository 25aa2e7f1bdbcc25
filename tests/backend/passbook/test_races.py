"""Many approvals at once come to what one after another would: bands, caps, turns, and one correction of each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from decimal import Decimal
from functools import partial
from threading import Barrier
from typing import Any

import pytest
from flask import Flask

from backend.kit import outbox
from backend.kit.auth import Role
from backend.kit.clock import fresh_id, now
from backend.kit.db import db, rows
from backend.passbook import earn
from backend.passbook.models import Earning, GrantRow
from points.clock import FixedClock
from points.errors import Refused
from points.events import DeedApproved, DeedKind
from tests.app import DISTRICT
from tests.backend.passbook.stage import HELP, STAR, approve, deed, fill_fund, points, publish_rules, taken, told
from tests.cast import Cast, Person

THREADS = 8


def at_once(app: Flask, tasks: Sequence[Callable[[], Any]]) -> list[Any]:
    """Run all tasks together, each in its own thread and context; a refusal is its code."""
    start = Barrier(len(tasks))

    def run(task: Callable[[], Any]) -> Any:
        with app.app_context():
            start.wait(30)
            try:
                return task()
            except Refused as refusal:
                return refusal.code
            finally:
                db.session.remove()

    with ThreadPoolExecutor(len(tasks)) as pool:
        answers = list(pool.map(run, tasks))
    db.session.rollback()  # what is read next is what is there now
    return answers


@pytest.fixture
def rules(cast: Cast) -> None:
    publish_rules(cast)
    fill_fund(cast)


def hour(resident: Person) -> DeedApproved:
    return deed(resident.id, DeedKind.SERVICE, "敬老助残", quantity=Decimal(1), activity=fresh_id())


def report(resident: Person, place: str, minutes_ago: int = 60) -> DeedApproved:
    return deed(resident.id, DeedKind.TICKET, "暴露垃圾", place=place, at=now() - timedelta(minutes=minutes_ago))


def decided(earnings: Sequence[str]) -> list[int]:
    """What the rules gave for each, before caps."""
    asked: Counter[str] = Counter()
    for grant in db.session.scalars(rows(GrantRow, DISTRICT).where(GrantRow.earning.in_(earnings))):
        asked[grant.earning] += grant.amount
    return sorted(asked[earning] for earning in earnings)


@pytest.mark.usefixtures("rules")
def test_eight_approvals_at_once_fill_the_bands_as_one_after_another_would(app: Flask, cast: Cast) -> None:
    together, apart = cast.resident(), cast.resident("吴谷雨")
    earned = at_once(app, [partial(taken, hour(together)) for _ in range(THREADS)])
    one_by_one = [taken(hour(apart)) for _ in range(THREADS)]
    assert decided(earned) == decided(one_by_one) == [6] * 6 + [10] * 2
    outbox.deliver_due()
    assert points(together) == points(apart) == 56


@pytest.mark.usefixtures("rules")
def test_eight_approvals_at_once_stay_under_the_cap(app: Flask, cast: Cast, clock: FixedClock) -> None:
    resident = cast.resident()
    earned = at_once(app, [partial(approve, resident, STAR if i % 2 else HELP) for i in range(THREADS)])
    clock.advance(seconds=60)
    outbox.deliver_due()
    assert points(resident) == 30
    assert sum(told(resident, earning)["granted"] for earning in earned) == 30


@pytest.mark.usefixtures("rules")
def test_of_eight_reporters_approved_at_once_one_is_the_first(app: Flask, cast: Cast) -> None:
    reporters = [cast.resident() for _ in range(THREADS)]
    for _ in range(4):
        place = fresh_id()
        reports = [report(reporter, place, minutes_ago=60 - i) for i, reporter in enumerate(reporters)]
        earned = at_once(app, [partial(taken, each) for each in reports])
        assert decided(earned) == [1] * 7 + [10]


@pytest.mark.usefixtures("rules")
def test_one_deed_approved_eight_times_at_once_earns_once(app: Flask, cast: Cast) -> None:
    resident = cast.resident()
    event = deed(resident.id)
    answers = Counter(at_once(app, [partial(_try, event) for _ in range(THREADS)]))
    assert answers == {"decided": 1, "deed_already_decided": THREADS - 1}
    assert points(resident) == 20


def _try(event: DeedApproved) -> str:
    taken(event)
    return "decided"


def test_deeds_that_waited_for_rules_take_their_turns_in_the_order_they_were_filed(cast: Cast) -> None:
    fill_fund(cast)
    place, later, first = fresh_id(), cast.resident(), cast.resident("吴谷雨")
    of_later, of_first = taken(report(later, place, minutes_ago=10)), taken(report(first, place, minutes_ago=20))
    publish_rules(cast)
    assert earn.decide_waiting(DISTRICT) == 2
    assert (told(first, of_first)["granted"], told(later, of_later)["granted"]) == (10, 1)


def test_a_later_report_decided_sooner_does_not_take_the_turn_of_one_that_waits(cast: Cast, clock: FixedClock) -> None:
    fill_fund(cast)
    place, later, first = fresh_id(), cast.resident(), cast.resident("吴谷雨")
    of_first = taken(report(first, place, minutes_ago=20))
    clock.advance(seconds=1)
    publish_rules(cast)
    of_later = taken(report(later, place, minutes_ago=10))
    assert earn.decide_waiting(DISTRICT) == 1
    assert (told(first, of_first)["granted"], told(later, of_later)["granted"]) == (10, 1)


def test_hours_that_waited_are_counted_one_after_another(cast: Cast) -> None:
    fill_fund(cast)
    resident = cast.resident()
    waiting = [taken(hour(resident)) for _ in range(4)]
    publish_rules(cast)
    assert earn.decide_waiting(DISTRICT) == 4
    assert decided(waiting) == [6, 6, 10, 10]


def test_workers_that_decide_waiting_deeds_at_once_decide_each_once(app: Flask, cast: Cast) -> None:
    fill_fund(cast)
    resident = cast.resident()
    for _ in range(4):
        taken(hour(resident))
    publish_rules(cast)
    assert sum(at_once(app, [partial(earn.decide_waiting, DISTRICT) for _ in range(3)])) == 4
    assert decided([row.id for row in db.session.scalars(rows(Earning, DISTRICT))]) == [6, 6, 10, 10]


@pytest.mark.usefixtures("rules")
def test_a_correction_confirmed_by_many_at_once_is_posted_once(app: Flask, cast: Cast) -> None:
    resident, asker = cast.resident(), cast.staff(Role.SECOND_REVIEWER)
    earning = approve(resident, HELP)
    body = {"changes": {"category": STAR}, "reason": "类别填错"}
    made = asker.post(f"/staff/earnings/{earning}/correction", body).json["id"]
    seconds = [cast.staff(Role.FUND_MANAGER) for _ in range(4)]

    def confirm(person: Person) -> int:
        return person.post(f"/staff/corrections/{made}/confirm").status_code

    with ThreadPoolExecutor(4) as threads:
        assert sorted(threads.map(confirm, seconds)) == [200, 409, 409, 409]
    assert points(resident) == 20
