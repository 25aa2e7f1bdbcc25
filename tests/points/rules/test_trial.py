"""Trying a pack on past deeds: figures, evenness, gainers and losers, the day a budget runs out, a factor that fits."""

import csv
import io
import pickle
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.rules_year import streets, year
from points.errors import Refused
from points.events import DeedKind
from points.rules import PackInvalid
from points.rules.compare import gini, gini_by, largest, shift, shift_by
from points.rules.fit import fit_factor
from points.rules.history import COLUMNS, HISTORY_UNREADABLE, Past, read_history, write_history
from points.rules.picture import picture
from points.rules.report import Row, rows, write_csv
from points.rules.simulate import Job, run_jobs, scaled
from points.rules.trial import try_pack
from points.rules.warm import warm_from
from tests.points.rules.packs import NOW, cap, deed, pack, raw, rule, text, written

BUDGET = {"budget": "yearly", "title": text("yearly"), "window": "year", "points": 45}


def test_a_generated_year_takes_the_categories_and_facts_of_a_pack():
    of = pack(
        rule("act", when={"kind": "act", "category": ["甲", "乙"], "attributes": {"level": "city"}}),
        rule("service", when={"kind": "service", "category": "丙"}, points={"per_hour": 1}),
        rule("ticket", when={"kind": "ticket"}, points={"table": {"by": "category", "values": {"丁": 5}}}),
    )
    made = list(year(300, 1, of))
    assert {past.event.category for past in made} == {"甲", "乙", "丙", "丁", "推荐新志愿者"}
    assert try_pack(of, made).granted > 300
    assert made == list(year(300, 1, of)) != list(year(300, 1))


def pasts(count=6):
    """Lin does most: five of six deeds, a day apart."""
    return [
        Past(
            deed(
                id=f"deed-{number}",
                at=NOW + timedelta(days=number),
                resident="wang" if number == 5 else "lin",
                street="east" if number == 5 else "west",
            ),
            NOW + timedelta(days=number, hours=1),
            "60_up" if number == 5 else "18_59",
            ("notice",) if number == 5 else (),
        )
        for number in range(count)
    ]


def test_a_trial_counts_points_by_rule_fund_street_age_month_and_resident():
    trial = try_pack(pack(caps=[cap(points=35)]), pasts())
    assert (trial.deeds, trial.asked, trial.granted, trial.silent) == (6, 60, 45, 1)
    assert dict(trial.by_rule) == {"acts": 45}
    assert dict(trial.by_fund) == {"civic": 45}
    assert dict(trial.by_street) == {"west": 35, "east": 10}
    assert dict(trial.by_age) == {"18_59": 35, "60_up": 10}
    assert dict(trial.by_month) == {"2026-06": 45}
    assert dict(trial.by_resident) == {"lin": 35, "wang": 10}
    hits = trial.caps["monthly"]
    assert (hits.cuts, hits.points, hits.residents, hits.first) == (2, 15, {"lin"}, date(2026, 6, 13))


def test_a_trial_tells_the_day_a_budget_runs_out():
    of = pack(budgets=[BUDGET])
    trial = try_pack(of, pasts())
    assert trial.budgets_used == {"yearly:district:370112:2026": 45}
    table = rows(trial, None, of)
    assert Row("budget: runs out", "yearly 2026", "2026-06-14") in table
    assert Row("budget: points used", "yearly 2026", "45 of 45") in table


def test_each_window_of_a_budget_has_a_day_of_its_own_on_which_it_runs_out():
    of = pack(budgets=[{**BUDGET, "budget": "monthly", "window": "month", "points": 30}])
    in_may = [past._replace(event=replace(past.event, id="may", at=NOW - timedelta(days=20))) for past in pasts(1)]
    trial = try_pack(of, [*in_may, *pasts()])
    table = rows(trial, None, of)
    assert Row("budget: points used", "monthly 2026-05", "10 of 30") in table
    assert Row("budget: runs out", "monthly 2026-05", "never") in table
    assert Row("budget: runs out", "monthly 2026-06", "2026-06-12") in table


def test_a_trial_that_begins_within_a_window_begins_with_full_books(files):
    history, new, _ = files
    new.write_text(written(raw(caps=[cap(points=35)], budgets=[BUDGET])), "utf-8")
    (whole,) = run_jobs([Job(new, history)])
    (late,) = run_jobs([Job(new, history, date(2026, 6, 13))])
    assert (late.deeds, late.warmed, late.granted) == (3, 3, 15)
    assert late.by_month["2026-06"] == whole.by_month["2026-06"] - 30
    assert late.budgets_full == whole.budgets_full == {"yearly:district:370112:2026": date(2026, 6, 15)}
    assert late.short == ("month", "year")
    assert late.caps["monthly"].cuts == whole.caps["monthly"].cuts


def test_the_books_are_filled_from_the_beginning_of_the_longest_window():
    of = pack(rule(times={"at_most": 1, "window": {"days": 400}}), caps=[cap()])
    assert warm_from(of, date(2026, 6, 10)) == date(2026, 6, 10) - timedelta(days=400)
    assert warm_from(pack(caps=[cap(), cap("b", window="quarter")]), date(2026, 6, 10)) == date(2026, 4, 1)
    assert warm_from(pack(), date(2026, 6, 10)) == date(2026, 6, 10)
    once = rule(times={"at_most": 1, "window": "lifetime"})
    assert warm_from(pack(once), date(2026, 6, 10)) is None
    assert warm_from(pack(store={"at_most": 20, "overflow_to": "civic"}), date(2026, 6, 10)) is None


def test_deeds_of_a_window_that_ended_before_the_period_are_left_out(files):
    history, new, _ = files
    new.write_text(written(raw(caps=[cap(window="day")])), "utf-8")
    (late,) = run_jobs([Job(new, history, date(2026, 6, 13))])
    assert (late.deeds, late.warmed, late.granted, late.short) == (3, 0, 30, ())


def test_the_table_says_how_far_back_the_books_reach():
    of = pack(caps=[cap()], budgets=[BUDGET])
    trial = try_pack(of, pasts(), since=NOW + timedelta(days=2))
    table = rows(trial, None, of)
    assert Row("books before", "deeds replayed, in no figure", "2") in table
    assert Row("books before", "begin on", "2026-06-10") in table
    assert Row("books before", "windows cut short", "month, year") in table
    known = try_pack(of, pasts(), since=NOW + timedelta(days=2), whole=True)
    assert Row("books before", "windows cut short", "none") in rows(known, None, of)


def test_budgets_of_windows_that_ended_before_the_period_are_not_told():
    of = pack(budgets=[{**BUDGET, "window": "month"}, {**BUDGET, "budget": "whole", "window": "year"}])
    in_may = [past._replace(event=replace(past.event, id="may", at=NOW - timedelta(days=20))) for past in pasts(1)]
    trial = try_pack(of, [*in_may, *pasts(2)], since=NOW)
    assert trial.budgets_used == {"yearly:district:370112:2026-06": 20, "whole:district:370112:2026": 30}


def test_a_deed_that_comes_twice_is_counted_once_and_said():
    trial = try_pack(pack(), [*pasts(2), *pasts(3)])
    assert (trial.deeds, trial.granted, trial.doubled) == (3, 30, 2)
    assert Row("total", "deeds named twice, counted once", "2") in rows(trial, None, pack())
    other_kind = [past._replace(event=replace(past.event, kind=DeedKind.TICKET)) for past in pasts(1)]
    assert try_pack(pack(), [*pasts(1), *other_kind]).doubled == 0


def test_deeds_a_pack_does_not_decide_are_counted_by_their_refusal():
    of = pack(valid={"from": "2026-06-12", "to": "2026-12-31"})
    trial = try_pack(of, pasts())
    assert dict(trial.refused) == {"rules_not_in_force": 2}
    assert trial.granted == 40


def test_progress_hears_of_every_deed():
    heard = []
    try_pack(pack(), pasts(), heard.append)
    assert sum(heard) == 6


def test_gainers_and_losers_are_counted_against_the_pack_in_force():
    old = try_pack(pack(), pasts())
    cats = [
        rule(when={"kind": "act", "street": "west"}, points={"each": 5}),
        rule("e", when={"kind": "act", "street": "east"}, points={"each": 12}),
    ]
    new = try_pack(pack(*cats), pasts())
    found = shift(new, old)
    assert (found.gainers, found.losers, found.same, found.gained, found.lost) == (1, 1, 0, 2, 25)
    assert shift_by(new, old, 0)["east"].gainers == 1
    assert shift_by(new, old, 1)["18_59"].losers == 1
    assert largest(new, old, 1) == [("lin", -25)]


def test_evenness_is_measured_over_all_who_did_a_deed():
    trial = try_pack(pack(caps=[cap(points=0)]), pasts())
    assert gini_by(trial, 0) == {"east": 0.0, "west": 0.0}
    assert gini([1, 1, 1, 1]) == 0
    assert gini([0, 0, 0, 4]) == 0.75
    assert gini([]) == 0


@given(st.lists(st.integers(0, 1000), min_size=1, max_size=30), st.integers(1, 9))
def test_evenness_lies_between_0_and_1_and_knows_no_unit(amounts, factor):
    assert 0 <= gini(amounts) < 1
    assert gini(amounts) == pytest.approx(gini([amount * factor for amount in amounts]))


def test_a_rule_that_gave_nothing_stands_in_the_table_too():
    of = pack(rule(), rule("never", when={"kind": "act", "category": "没有人做"}, adds=True))
    assert Row("by rule", "never", "0") in rows(try_pack(of, pasts()), None, of)


def test_a_generated_year_gives_the_consents_that_its_pack_asks_for():
    of = pack(rule(when={"kind": "act", "consent": ["guardian", "age"]}), coefficients=[])
    made = {past.consents for past in year(200, 1, of)}
    assert made == {(), ("age", "guardian")}
    assert {past.consents for past in year(50, 1)} == {()}


def test_a_cap_that_nobody_hit_stands_in_the_table_too():
    of = pack(caps=[cap(points=9000)])
    table = rows(try_pack(of, pasts()), None, of)
    assert [row.new for row in table if (row.section[:4], row.name) == ("cap:", "monthly")] == ["0", "0", "0"]


def test_a_table_of_two_trials_shows_both_and_the_difference():
    old, new = try_pack(pack(), pasts()), try_pack(pack(rule(points={"each": 7}), caps=[cap()]), pasts())
    table = rows(new, old, pack())
    assert Row("total", "points given", "37", "60", "-23") in table
    assert Row("cap: residents it met", "monthly", "1", "0", "+1") in table
    out = io.StringIO()
    write_csv([*table, Row("by street", "=1+1", "-3")], out)
    read = list(csv.reader(io.StringIO(out.getvalue())))
    assert read[0] == ["section", "name", "new", "old", "difference"]
    assert read[-1][1:3] == ["'=1+1", "-3"]


def test_a_picture_holds_every_month_and_street():
    drawn = picture(try_pack(pack(), pasts()), try_pack(pack(), pasts(3)), "made <up>")
    assert drawn.startswith("<svg")
    for word in ("2026-06", "west", "east", "made &lt;up&gt;"):
        assert word in drawn


def test_a_history_is_read_as_it_was_written(tmp_path):
    out = io.StringIO()
    mixed = [Past(deed(attributes={"photo": True}, quantity=Decimal("1.5"), place="p"), NOW, None, ()), *pasts()]
    assert write_history(mixed, out) == 7
    assert list(read_history(io.StringIO(out.getvalue()), "370112")) == mixed


@pytest.mark.parametrize(
    ("lines", "line"),
    [
        ("id,kind\n", 1),
        (",".join(COLUMNS) + "\nx,act\n", 2),
        (",".join(COLUMNS) + "\nx,act,help,2026-06-10T12:00:00,lin,1,,,,,,,,,,\n", 2),
        (",".join(COLUMNS) + "\nx,act,help,2026-06-10T12:00:00Z,lin,many,,,,,,,,,,\n", 2),
        (",".join(COLUMNS) + "\nx,gossip,help,2026-06-10T12:00:00Z,lin,1,,,,,,,,,,\n", 2),
    ],
)
def test_a_history_that_cannot_be_read_is_refused_with_its_line(lines, line):
    with pytest.raises(Refused) as refused:
        list(read_history(io.StringIO(lines), "370112"))
    assert (refused.value.code, refused.value.details["line"]) == ("rules_history_unreadable", line)


@pytest.fixture
def files(tmp_path):
    history = tmp_path / "history.csv"
    with history.open("w", encoding="utf-8", newline="") as out:
        write_history(pasts(), out)
    new, old = tmp_path / "new.yaml", tmp_path / "old.yaml"
    new.write_text(written(raw(rule(points={"each": 3}), budgets=[BUDGET])), "utf-8")
    old.write_text(written(raw()), "utf-8")
    return history, new, old


def test_two_packs_are_tried_in_two_processes(files):
    history, new, old = files
    heard = []
    trials = run_jobs([Job(new, history), Job(old, history)], heard.append)
    assert [trial.granted for trial in trials] == [18, 60]
    assert sum(heard) == 12


def test_a_trial_can_be_narrowed_to_local_days(files):
    history, new, _ = files
    (trial,) = run_jobs([Job(new, history, date(2026, 6, 11), date(2026, 6, 12))])
    assert trial.deeds == 2


def test_what_a_job_raises_is_raised(files, tmp_path):
    _, new, _ = files
    wrong = tmp_path / "wrong.csv"
    wrong.write_text("nothing\n", "utf-8")
    with pytest.raises(Refused) as refused:
        run_jobs([Job(new, wrong)])
    assert refused.value.code == "rules_history_unreadable"


def test_what_one_of_two_jobs_refuses_is_refused_in_its_own_words(files, tmp_path):
    _, new, old = files
    wrong = tmp_path / "wrong.csv"
    wrong.write_text("nothing\n", "utf-8")
    with pytest.raises(Refused) as refused:
        run_jobs([Job(new, wrong), Job(old, wrong)])
    assert refused.value.kind is HISTORY_UNREADABLE
    assert refused.value.details["line"] == 1


def test_a_refusal_and_an_invalid_pack_travel_between_processes():
    with pytest.raises(PackInvalid) as invalid:
        pack(points=3)
    for each in (HISTORY_UNREADABLE(line=3), invalid.value):
        again = pickle.loads(pickle.dumps(each))
        assert (type(again), again.kind, again.details) == (type(each), each.kind, each.details)
    assert again.problems == invalid.value.problems


def test_a_scaled_pack_multiplies_every_rule_and_leaves_budgets_out(files):
    history, new, _ = files
    (trial,) = run_jobs([Job(new, history, factor=Decimal(4))])
    assert trial.granted == 72
    assert scaled(pack(budgets=[BUDGET]), Decimal(2)).budgets == ()


@given(st.integers(0, 5000), st.integers(1, 400), st.integers(0, 3000))
def test_the_factor_found_is_the_largest_that_fits(budget, each, ceiling):
    def cost(factor):
        return min(int(factor * each), ceiling)

    found = fit_factor(cost, budget)
    assert found.cost == cost(found.factor) <= budget
    assert found.factor == 10 or cost(found.factor + Decimal("0.01")) > budget
    assert len(found.tried) <= 21


def test_the_cost_of_a_fund_is_told_in_money_where_points_have_a_price():
    of = pack(redemption={"points_per_yuan": 8})
    assert Row("cost in yuan", "civic", "7.50") in rows(try_pack(of, pasts()), None, of)


def test_streets_are_named_where_names_are_known():
    trial = try_pack(pack(), pasts())
    names = {"west": "山大路街道"}
    assert Row("by street", "山大路街道", "50") in rows(trial, None, pack(), names)
    drawn = picture(trial, None, "made up", names)
    assert "山大路街道" in drawn
    assert "west" not in drawn


def test_a_generated_year_is_the_same_for_the_same_seed_and_lies_on_the_real_streets():
    one, again, other = (list(year(500, seed)) for seed in (1, 1, 2))
    assert one == again != other
    assert {past.event.street for past in one} <= {code for code, _ in streets()}
    assert len(streets()) == 17
    assert one == sorted(one, key=lambda past: past.event.at)
