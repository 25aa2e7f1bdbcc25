"""What a pack decides: limits, conditions, which rule speaks, keys of caps, opening and expiry."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from points.errors import Refused
from points.rules import facts_needed, silent
from tests.points.rules.packs import NOW, amounts, cap, decided, deed, pack, rule, text

ZONE = ZoneInfo("Asia/Shanghai")


def local(day, hour=12, minute=0):
    return datetime(*day, hour, minute, tzinfo=ZONE).astimezone(UTC)


QUANTITY = {"step": 0.5, "at_least": 1, "at_most": 2, "per": "activity"}


@pytest.mark.parametrize(
    ("hours", "before", "counted"),
    [
        ("1.4", 0, "1"),
        ("2", 0, "2"),
        ("3", 0, "2"),
        ("2", "1.5", "0.5"),
        ("1", 1, "1"),
        ("1", 2, None),
        ("0.9", 0, None),
    ],
)
def test_only_so_much_of_a_quantity_counts(hours, before, counted):
    of = pack(rule(points={"per_hour": 10}, quantity=QUANTITY))
    event = deed(quantity=Decimal(hours), activity="a")
    decision = decided(of, event, tallies={"acts.counted": before})
    assert [grant.counted for grant in decision.grants] == ([] if counted is None else [counted])
    assert decision.amount == (0 if counted is None else int(Decimal(counted) * 10))


def test_a_quantity_that_counts_in_full_needs_no_word():
    of = pack(rule(points={"per_hour": 10}, quantity=QUANTITY))
    decision = decided(of, deed(quantity=Decimal(2), activity="a"))
    assert [step.kind for step in decision.grants[0].steps] == ["rate"]
    decision = decided(of, deed(quantity=Decimal(3), activity="a"))
    assert decision.grants[0].steps[0].numbers == (Decimal(3), Decimal(2))
    assert decision.grants[0].steps[0].delta == 0


def test_a_limit_on_each_deed_alone_asks_the_books_nothing():
    of = pack(rule(points={"per_hour": 10}, quantity={"at_most": 2}))
    assert facts_needed(of, deed()).tallies == ()
    assert decided(of, deed(quantity=Decimal(3))).amount == 20


def test_a_limit_below_a_deed_of_no_quantity_does_not_silence_a_fixed_sum():
    of = pack(rule(points={"each": 10}, quantity={"at_most": 2}))
    assert decided(of, deed(quantity=Decimal(0))).amount == 10


def test_a_fixed_sum_is_silent_too_when_nothing_of_the_quantity_counts():
    of = pack(rule(points={"each": 10}, quantity=QUANTITY))
    assert decided(of, deed(activity="a"), tallies={"acts.counted": 2}).grants == ()


def test_what_is_asked_of_the_books_is_of_the_deeds_own_rules_and_local_window():
    turn = {"first": 10, "later": 1, "same": ["place", "category"], "window": "day"}
    of = pack(
        rule("mine", when={"kind": "ticket", "category": "help"}, points={"turn": turn}),
        rule("other", when={"kind": "ticket", "category": "care"}, points={"turn": turn}),
    )
    (tally,) = facts_needed(of, deed("ticket", place="p", at=local((2026, 6, 11), 0))).tallies
    assert (tally.key, tally.what, tally.kinds) == ("mine.turn", "turn", ("ticket",))
    assert tally.match == (("place", "p"), ("category", "help"))
    assert (tally.since, tally.until) == (datetime(2026, 6, 11, tzinfo=ZONE), datetime(2026, 6, 12, tzinfo=ZONE))


def test_validity_counts_from_the_local_day_of_the_decision():
    (grant,) = decided(pack(), deed(), decided_at=datetime(2026, 6, 10, 17, tzinfo=UTC)).grants
    assert grant.expires_at == datetime(2027, 6, 12, tzinfo=ZONE)


def test_a_rule_pays_only_so_many_times_for_the_same():
    of = pack(rule(times={"at_most": 2, "same": ["about"], "window": "month"}))
    event = deed(about="x")
    assert decided(of, event, tallies={"acts.times": 1}).amount == 10
    decision = decided(of, event, tallies={"acts.times": 2})
    assert decision.grants == ()
    assert [each.code for each in silent(of, decision)] == ["times"]


def test_of_rules_that_do_not_add_the_highest_priority_speaks_alone():
    of = pack(
        rule("low", points={"each": 1}),
        rule("high", points={"each": 2}, priority=5, when={"kind": "act", "street": "x"}),
        rule("more", points={"each": 4}, adds=True),
        rule("extra", points={"each": 8}, adds=True, when={"kind": "act", "street": "x"}),
    )
    assert amounts(decided(of, deed(street="x"))) == {"high": 2, "more": 4, "extra": 8}
    decision = decided(of, deed(street="y"))
    assert amounts(decision) == {"low": 1, "more": 4}
    assert {each.rule: each.code for each in silent(of, decision)} == {"high": "condition", "extra": "condition"}
    codes = {each.rule: each.code for each in silent(of, decided(of, deed(street="x")))}
    assert codes == {"low": "other_rule"}


def test_a_rule_that_speaks_but_is_used_up_does_not_hand_over_to_a_lower_one():
    high = rule("high", priority=5, times={"at_most": 1, "window": "year"}, when={"kind": "act", "street": "x"})
    of = pack(rule("low"), high)
    assert decided(of, deed(street="x"), tallies={"high.times": 1}).grants == ()


@pytest.mark.parametrize(
    ("at", "when", "speaks"),
    [
        (local((2026, 6, 10), 22), {"time": {"from": "22:00", "to": "06:00"}}, True),
        (local((2026, 6, 10), 5, 59), {"time": {"from": "22:00", "to": "06:00"}}, True),
        (local((2026, 6, 10), 6), {"time": {"from": "22:00", "to": "06:00"}}, False),
        (local((2026, 6, 10), 8), {"time": {"from": "08:00", "to": "09:00"}}, True),
        (local((2026, 6, 10), 9), {"time": {"from": "08:00", "to": "09:00"}}, False),
        (local((2026, 6, 10)), {"weekday": "wed"}, True),
        (local((2026, 6, 10)), {"weekday": ["mon", "sun"]}, False),
        (local((2026, 6, 10)), {"day": "workday"}, True),
        (local((2026, 6, 13)), {"day": "weekend"}, True),
        (local((2026, 10, 1)), {"day": "holiday"}, True),
        (local((2026, 10, 10)), {"day": "makeup_workday"}, True),
        (local((2026, 10, 10)), {"day": ["weekend", "workday"]}, False),
        (local((2026, 6, 10)), {"date": {"from": "2026-06-10", "to": "2026-06-10"}}, True),
        (local((2026, 6, 11), 0), {"date": {"from": "2026-06-10", "to": "2026-06-10"}}, False),
        (local((2026, 6, 10)), {"category": {"not": ["help"]}}, False),
        (local((2026, 6, 10)), {"category": {"not": "care"}}, True),
        (local((2026, 6, 10)), {"quantity": {"from": 1}}, True),
        (local((2026, 6, 10)), {"quantity": {"to": 1}}, False),
        (local((2026, 6, 10)), {"attributes": {"photo": True}}, False),
        (local((2026, 6, 10)), {"team": "t"}, False),
        (local((2026, 6, 10)), {"activity": "a"}, False),
    ],
)
def test_conditions_look_at_the_deed_in_local_time(at, when, speaks):
    of = pack(rule(when={"kind": "act", **when}))
    assert bool(decided(of, deed(at=at)).grants) is speaks


def test_age_and_consent_are_asked_for_only_by_packs_that_look_at_them():
    assert not facts_needed(pack(), deed()).age_band
    of = pack(rule(when={"kind": "act", "age_band": "14_17", "consent": ["guardian"]}))
    needed = facts_needed(of, deed())
    assert (needed.age_band, needed.consents, needed.balance) == (True, True, False)
    assert decided(of, deed(), age_band="14_17", consents=("guardian", "notice")).amount == 10
    assert decided(of, deed(), age_band="14_17").grants == ()
    assert decided(of, deed(), age_band="18_59", consents=("guardian",)).grants == ()
    assert decided(of, deed()).grants == ()


def test_a_tier_needs_both_hours_and_points():
    needs = {"hours": {"at_least": 5, "window": "year"}, "points": {"at_least": 50, "window": {"days": 90}}}
    tiers = [{"tier": "gold", "title": text("gold"), "needs": needs}]
    of = pack(rule(when={"kind": "act", "tier": "gold"}), tiers=tiers)
    for hours, points, amount in ((5, 50, 10), (4, 50, 0), (5, 49, 0)):
        tallies = {"tier.gold.hours": hours, "tier.gold.points": points}
        assert decided(of, deed(), tallies=tallies).amount == amount


def test_hours_done_before_decide_between_rules():
    of = pack(rule(when={"kind": "act", "hours_before": {"from": 5, "window": "year"}}))
    assert decided(of, deed(), tallies={"acts.hours_before": 4}).grants == ()
    assert decided(of, deed(), tallies={"acts.hours_before": 5}).amount == 10


def test_a_full_store_leaves_the_rest_to_donation():
    of = pack(rule(), rule("more", adds=True), store={"at_most": 100, "overflow_to": "care"})
    assert facts_needed(of, deed()).balance
    grants = decided(of, deed(), balance=85).grants
    assert [(each.rule, each.amount, each.overflow, each.overflow_fund) for each in grants] == [
        ("acts", 10, 0, None),
        ("more", 5, 5, "care"),
    ]
    full = decided(of, deed(), balance=120).grants
    assert [(each.amount, each.overflow) for each in full] == [(0, 10), (0, 10)]
    assert full[0].steps[-1].numbers == (100, 120, 10)
    for each in full:
        assert sum(step.delta for step in each.steps) == each.amount
    exact = decided(of, deed(), balance=80).grants
    assert [(each.amount, each.overflow) for each in exact] == [(10, 0), (10, 0)]
    assert [step.kind for each in exact for step in each.steps] == ["each", "each"]
    small = pack(store={"at_most": 10, "overflow_to": "care"})
    assert decided(small, deed(), balance=0).grants[0].overflow == 0


def test_a_deed_of_another_day_or_district_is_refused():
    not_yet = "The rule pack made-up is not in force on 2025-12-31."
    no_more = "The rule pack made-up is not in force on 2027-01-01."
    elsewhere = "The rule pack made-up belongs to district 370112."
    for event, code, sentence in (
        (deed(at=local((2025, 12, 31), 23, 59)), "rules_not_in_force", not_yet),
        (deed(at=local((2027, 1, 1), 0)), "rules_not_in_force", no_more),
        (deed(district="370102"), "rules_other_district", elsewhere),
    ):
        with pytest.raises(Refused) as refused:
            decided(pack(), event)
        assert refused.value.code == code
        assert refused.value.sentence("en") == sentence
    assert decided(pack(), deed(at=local((2026, 1, 1), 0))).amount == 10
    assert decided(pack(), deed(at=local((2026, 12, 31), 23, 59))).amount == 10
    assert decided(pack(valid={"from": "2026-01-01"}), deed(at=local((2031, 1, 1)))).amount == 10


@pytest.mark.parametrize(
    ("expires", "last"),
    [
        ({"months": 12}, date(2027, 6, 12)),
        ({"days": 30}, date(2026, 7, 12)),
        ({"end": "month"}, date(2026, 6, 30)),
        ({"end": "quarter", "later": 1}, date(2026, 9, 30)),
        ({"end": "season"}, date(2026, 8, 31)),
        ({"end": "year"}, date(2026, 12, 31)),
        ({"end": "year", "later": 1}, date(2027, 12, 31)),
        ({"months": 1, "from": "deed"}, date(2026, 7, 10)),
    ],
)
def test_points_end_after_months_or_at_a_calendar_end(expires, last):
    decision = decided(pack(expires=expires), deed(), decided_at=NOW + timedelta(days=2))
    (grant,) = decision.grants
    assert grant.expires_at == datetime.combine(last + timedelta(days=1), datetime.min.time(), ZONE)
    assert grant.opens_at is None


def test_a_late_review_leaves_the_day_of_opening_to_spend():
    of = pack(expires={"days": 5, "from": "deed"})
    (grant,) = decided(of, deed(), decided_at=NOW + timedelta(days=60)).grants
    assert grant.expires_at == datetime(2026, 8, 10, tzinfo=ZONE)


def test_points_wait_for_the_end_of_the_public_notice_and_live_from_there():
    of = pack(rule(notice={"days": 7}))
    (grant,) = decided(of, deed()).grants
    assert grant.opens_at == datetime(2026, 6, 18, tzinfo=ZONE)
    assert grant.expires_at == datetime(2027, 6, 19, tzinfo=ZONE)
    calm = pack(rule(notice={"working_days": 3}), calendar={"beyond": "weekends"})
    (grant,) = decided(calm, deed()).grants
    assert grant.opens_at == datetime(2026, 6, 16, tzinfo=ZONE)


@pytest.mark.parametrize(
    ("window", "label"),
    [
        ("day", "2026-06-11"),
        ("week", "2026-W24"),
        ("month", "2026-06"),
        ("quarter", "2026-Q2"),
        ("season", "2026-summer"),
        ("year", "2026"),
        ("lifetime", "ever"),
    ],
)
def test_a_caps_key_names_cap_subject_and_the_local_window_of_the_deed(window, label):
    of = pack(caps=[cap("acts.cap", window=window)])
    (grant,) = decided(of, deed(at=local((2026, 6, 11), 0))).grants
    assert grant.caps == ((f"acts.cap:resident:lin:{label}", 30),)
    assert grant.cap_titles[0].title.zh == "acts.cap"


@pytest.mark.parametrize(
    ("per", "subject"),
    [
        ("resident", "resident:lin"),
        ("team", "team:t"),
        ("activity", "activity:a"),
        ("household", "household:h"),
        ("street", "street:s"),
        ("district", "district:370112"),
        (["resident", "activity"], "resident:lin:activity:a"),
    ],
)
def test_a_cap_counts_for_each_of_its_subjects(per, subject):
    of = pack(caps=[cap(per=per)])
    (grant,) = decided(of, deed(team="t", activity="a", household="h", street="s")).grants
    assert grant.caps == ((f"monthly:{subject}:2026-06", 30),)


def test_a_cap_without_its_subject_does_not_count():
    (grant,) = decided(pack(caps=[cap(per="team"), cap("other")]), deed()).grants
    assert [key for key, _ in grant.caps] == ["other:resident:lin:2026-06"]


def test_a_caps_key_of_more_than_200_characters_is_a_fault():
    with pytest.raises(ValueError, match="longer than 200"):
        decided(pack(caps=[cap()]), deed(resident="x" * 200))
    fits = "x" * (200 - len("monthly:resident::2026-06"))
    assert len(decided(pack(caps=[cap()]), deed(resident=fits)).grants[0].caps[0][0]) == 200


def test_caps_name_their_rules_by_id_or_class_and_budgets_count_all():
    budget = {"budget": "year", "title": text("year"), "window": "year", "points": 1000}
    share = cap("share", per="district", window="year", share={"of": "year", "part": 0.333}, classes=["kind"])
    del share["points"]
    of = pack(
        rule("a", **{"class": "kind"}),
        rule("b", when={"kind": "ticket"}, points={"each": 200}),
        caps=[cap("one", rules=["b"]), share],
        budgets=[budget],
    )
    by_rule = {each.id: {cap.id: cap.ceiling for cap in each.caps} for each in of.rules}
    assert by_rule == {"a": {"share": 333, "year": 1000}, "b": {"one": 30, "year": 1000}}


def test_a_rules_own_fund_goes_before_the_packs():
    of = pack(rule(fund="honours"))
    assert decided(of, deed()).grants[0].fund == "honours"
    assert decided(pack(), deed()).grants[0].fund == "civic"


def test_a_notice_into_a_year_nobody_published_says_that_weekends_counted():
    of = pack(notice={"working_days": 3})
    late = datetime(2028, 6, 9, 4, tzinfo=UTC)  # a Friday
    (grant,) = decided(of, deed(), decided_at=late).grants
    assert grant.opens_at == datetime(2028, 6, 14, 16, tzinfo=UTC)
    assert [(step.kind, step.delta, step.numbers) for step in grant.steps] == [
        ("each", Decimal(10), (Decimal(10),)),
        ("weekends", Decimal(0), (Decimal(2028),)),
    ]
    assert grant.steps[-1].title.zh == "公示 3 个工作日"
    (known,) = decided(of, deed(), decided_at=NOW).grants
    assert [step.kind for step in known.steps] == ["each"]
