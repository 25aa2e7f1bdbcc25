"""Ceilings hold at every moment, whatever is approved, undone, corrected, spent and delivered, in whatever order."""

from __future__ import annotations

from collections import Counter
from contextlib import ExitStack
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from backend.kit import outbox
from backend.kit.db import db, rows
from backend.passbook import posting
from backend.passbook.models import Earning
from points.clock import FixedClock
from points.rules import Decision
from points.rules.steps import marks_of
from tests.app import DISTRICT
from tests.backend.passbook.small import opened, served
from tests.backend.passbook.stage import approve, points
from tests.backend.passbook.test_added_up import adds_up
from tests.backend.passbook.test_caps_after_corrections import spend_at
from tests.backend.passbook.waiting import nothing_posted
from tests.cast import Cast, Person

MORE = """\
store: {at_most: 60, overflow_to: civic}
caps:
- {cap: acts, title: {zh: 每月, en: Monthly}, per: resident, window: month, points: 25, rules: [snow, once]}"""
RULES = """\
- {rule: once, title: {zh: 拾金, en: Found}, when: {kind: act, category: 拾金}, points: {each: 12},
   times: {at_most: 1, window: lifetime}}
- {rule: hours, title: {zh: 助老, en: Care}, when: {kind: service, category: 助老}, points: {per_hour: 3},
   quantity: {at_most: 4, per: day}}
- {rule: falling, title: {zh: 清扫, en: Clean}, when: {kind: service, category: 清扫}, points: {bands: {
   window: day, steps: [{from: 0, to: 3, points: 2}, {from: 3, points: 0}]}}}
- {rule: marks, title: {zh: 里程碑, en: Marks}, when: {kind: service}, adds: true, points: {milestones: {
   window: lifetime, steps: [{at: 5, points: 7}, {at: 9, points: 11}]}}}"""
ACTS, SERVICES, HOURS = ("扫雪", "拾金"), ("助老", "清扫"), ("1", "2.5", "4", "6")
numbers = st.integers(0, 9)
steps = st.one_of(
    st.tuples(st.just("act"), st.sampled_from(ACTS)),
    st.tuples(st.just("serve"), st.sampled_from(SERVICES), st.sampled_from(HOURS)),
    st.tuples(st.just("undo"), numbers),
    st.tuples(st.just("recategorise"), numbers, numbers),
    st.tuples(st.just("requantify"), numbers, st.sampled_from(HOURS)),
    st.tuples(st.just("spend"), st.integers(1, 30)),
    st.sampled_from([("away",), ("deliver",)]),
)
Office = tuple[Person, Person]


class Town:
    """One resident, two of the office, and a ledger that is away now and then."""

    def __init__(self, cast: Cast, office: Office, patch: pytest.MonkeyPatch, clock: FixedClock) -> None:
        self.resident, self.patch, self.clock = cast.resident(), patch, clock
        roles = ("second_reviewer", "fund_manager")
        self.office = [cast.signed_in("staff", one.id, (role,)) for one, role in zip(office, roles, strict=True)]
        self.acts: list[str] = []
        self.services: list[str] = []
        self.away: ExitStack | None = None

    def act(self, category: str) -> None:
        self.acts.append(approve(self.resident, category))

    def serve(self, category: str, hours: str) -> None:
        self.services.append(served(self.resident, hours, category))

    def undo(self, which: int) -> None:
        earnings = self.acts + self.services
        if earnings:
            self._ask(earnings[which % len(earnings)], "undoing", {"reason": "查实不属实"})

    def recategorise(self, which: int, category: int) -> None:
        known = [(each, ACTS[category % 2]) for each in self.acts]
        known += [(each, SERVICES[category % 2]) for each in self.services]
        if known:
            earning, name = known[which % len(known)]
            self._ask(earning, "correction", {"changes": {"category": name}, "reason": "类别填错"})

    def requantify(self, which: int, hours: str) -> None:
        if self.services:
            body = {"changes": {"quantity": hours}, "reason": "时长填错"}
            self._ask(self.services[which % len(self.services)], "correction", body)

    def spend(self, amount: int) -> None:
        if self.away is None and points(self.resident):
            spend_at(self.resident, min(amount, points(self.resident)))

    def go_away(self) -> None:
        if self.away is None:
            self.away = ExitStack()
            self.away.enter_context(nothing_posted(self.patch))

    def deliver(self) -> None:
        if self.away is not None:
            self.away.close()
            self.away = None
        for _ in range(4):
            self.clock.advance(seconds=300)
            outbox.deliver_due()

    def _ask(self, earning: str, what: str, body: dict[str, object]) -> None:
        """By two; what cannot be corrected now is left as it is."""
        asked = self.office[0].post(f"/staff/earnings/{earning}/{what}", body)
        if asked.status_code == 201:
            done = self.office[1].post(f"/staff/corrections/{asked.json['id']}/confirm")
            assert done.status_code == 200, done.text
        else:
            assert asked.status_code == 409, asked.text


def check(resident: Person) -> None:
    given: Counter[str] = Counter()
    counted, marks = Decimal(0), Counter[Decimal]()
    times = 0
    for row in db.session.scalars(rows(Earning, DISTRICT).where(Earning.resident == resident.id)):
        grants = posting.grants_of(DISTRICT, [row.id]).get(row.id, [])
        standing = [grant for grant in grants if grant.state in ("waiting", "posted")]
        for grant in standing:
            given[grant.rule] += grant.granted + grant.kept
        counted += sum((grant.counted for grant in standing if grant.rule == "hours"), Decimal(0))
        times += any(grant.rule == "once" for grant in standing)
        if not row.undone:
            marks += Counter(
                m for grant in Decision.from_json(row.decision or "").grants for m in marks_of(grant.steps)
            )
        if standing and all(grant.state == "posted" for grant in grants if grant.state != "undone"):
            adds_up(resident, row.id)
    assert counted <= 4
    assert times <= 1
    assert set(marks.values()) <= {1}
    assert given["snow"] + given["once"] <= 25
    assert given["hours"] <= 12
    assert given["falling"] <= 6
    assert given["marks"] <= 18
    assert points(resident) <= 60


@settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture]
)
@given(plan=st.lists(steps, min_size=6, max_size=14))
def test_no_order_passes_a_limit_a_mark_a_cap_or_the_store(
    cast: Cast, clock: FixedClock, office: Office, plan: list[tuple[object, ...]]
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        town = Town(cast, office, patch, clock)
        for name, *args in plan:
            (town.go_away if name == "away" else getattr(town, str(name)))(*args)
            check(town.resident)
        town.deliver()
        check(town.resident)


@pytest.fixture
def office(cast: Cast) -> Office:
    return opened(cast, RULES, more=MORE)
