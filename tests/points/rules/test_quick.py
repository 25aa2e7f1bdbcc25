"""The quick way of trying a pack gives, deed by deed, what deciding gives."""

from datetime import timedelta
from decimal import Decimal
from itertools import islice
from pathlib import Path

import pytest
from hypothesis import given, settings

from benchmarks.rules_year import year
from points.errors import Refused
from points.rules import load_pack
from points.rules.book import Book
from points.rules.history import Past
from points.rules.quick import Quick
from points.rules.simulate import scaled
from tests.points.rules.packs import NOW, cap, deed, pack, rule, text, written
from tests.points.rules.test_properties import deeds, packs

PACKS = sorted(Path("config/rules").glob("*.yaml"))


def slowly(pack, pasts):
    """What the decisions say: for each deed the grants of each rule with their cuts, or the refusal."""
    book = Book(pack)
    for past in pasts:
        try:
            decision = book.decide(past.event, book.facts(past.event, past.decided_at, past.age_band, past.consents))
        except Refused as refusal:
            yield refusal.code
            continue
        yield [
            (
                grant.rule,
                grant.fund,
                grant.amount,
                decision.outcomes[grant.rule].granted,
                [(cut.cap.partition(":")[0], cut.asked, cut.granted) for cut in decision.outcomes[grant.rule].cuts],
            )
            for grant in decision.grants
        ]
    yield dict(book.used)


def quickly(pack, pasts):
    quick = Quick(pack)
    for past in pasts:
        try:
            _, found = quick.give(past)
        except Refused as refusal:
            yield refusal.code
            continue
        yield [
            (each.rule.id, each.rule.fund, each.asked, each.granted, [tuple(cut) for cut in each.cuts])
            for each in found
        ]
    yield quick.used()


def the_same(pack, pasts):
    pasts = list(pasts)
    for number, (slow, quick) in enumerate(zip(slowly(pack, pasts), quickly(pack, pasts), strict=True)):
        assert quick == slow, number


@settings(max_examples=60, deadline=None)
@given(packs(), deeds())
def test_random_packs_give_the_same_on_random_deeds(value, events):
    of = load_pack(written(value))
    bands = (None, "14_17", "60_up")
    the_same(of, [Past(event, event.at, bands[place % 3], ()) for place, event in enumerate(events)])


@pytest.mark.parametrize("file", PACKS, ids=lambda file: file.stem)
def test_every_pack_of_the_project_gives_the_same_on_a_generated_year(file):
    of = load_pack(file)
    the_same(of, islice(year(1_500, 7), 1_500))
    the_same(scaled(of, Decimal("0.37")), islice(year(300, 8), 300))


def test_true_is_not_one_and_the_reviewers_points_are_checked_each_time():
    of = pack(
        rule("assessed", points={"assessed": [1, 5]}),
        rule(
            "table",
            when={"kind": "service"},
            points={"table": {"by": "class", "values": {"1": 3, "True": 7, "a": [2, 4]}}},
        ),
    )
    given_points = (1, True, 3, 9, 1, None)
    acts = [{"assessed_points": each} if each is not None else {} for each in given_points]
    services = [{"class": each} for each in (1, True, "1", "a")] + [{"class": "a", "assessed_points": 3}]
    events = [deed(id=f"a{place}", attributes=each) for place, each in enumerate(acts)]
    events += [deed("service", id=f"s{place}", attributes=each) for place, each in enumerate(services)]
    the_same(of, [Past(event, event.at, None, ()) for event in events])


def test_conditions_on_age_consent_time_and_tier_are_asked_each_time():
    lately = {"days": 9}
    needs = {"hours": {"at_least": 5, "window": lately}, "points": {"at_least": 10, "window": lately}}
    tiers = [{"tier": "silver", "title": text("silver"), "needs": needs}]
    of = pack(
        rule("plain", when={"kind": "service"}, points={"per_hour": 2}, coefficients=["night"]),
        rule("tier", when={"kind": "service", "tier": "silver"}, points={"each": 3}, adds=True),
        rule("old", when={"kind": "service", "age_band": ["60_up"]}, points={"each": 5}, adds=True),
        rule("said", when={"kind": "service", "consent": ["guardian"]}, points={"each": 1}, adds=True),
        tiers=tiers,
        coefficients=[
            {
                "coefficient": "night",
                "title": text("n"),
                "cases": [{"title": text("n"), "when": {"time": {"from": "20:00", "to": "06:00"}}, "factor": 1.5}],
            }
        ],
        caps=[cap(points=60, window="week")],
    )
    pasts = [
        Past(
            deed("service", id=f"d{place}", at=NOW + timedelta(hours=7 * place), quantity=Decimal("1.5")),
            NOW + timedelta(hours=7 * place + 1),
            ("60_up", "18_59", None)[place % 3],
            ("guardian",) if place % 4 == 0 else (),
        )
        for place in range(80)
    ]
    the_same(of, pasts)


def test_a_notice_that_runs_into_a_year_without_a_calendar_stops_neither():
    of = pack(notice={"working_days": 3}, calendar={"holidays": ["2027-01-01"]}, caps=[cap()])
    late = NOW.replace(year=2028)
    pasts = [Past(deed(id=f"d{place}"), at, None, ()) for place, at in enumerate((NOW, late, NOW, late))]
    the_same(of, pasts)
    assert list(quickly(of, pasts))[1] == [("acts", "civic", 10, 10, [])]
