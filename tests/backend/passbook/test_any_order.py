"""Limits, marks and once-only rules hold whatever the order of approvals, undoings and corrections."""

from __future__ import annotations

from backend.kit.auth import Role
from points.clock import FixedClock
from points.events import DeedKind
from tests.backend.passbook.corrected import ask, correct, undo
from tests.backend.passbook.small import opened, served
from tests.backend.passbook.stage import approve, deed, no, points, taken, told
from tests.cast import Cast, Person

ONCE = """\
- {rule: once, title: {zh: 拾金, en: Found}, when: {kind: act, category: 拾金}, points: {each: 10},
   times: {at_most: 1, window: lifetime}}
- {rule: other, title: {zh: 让座, en: Seat}, when: {kind: act, category: 让座}, points: {each: 1}}"""
FOUR_HOURS = """\
- {rule: hours, title: {zh: 助老, en: Care}, when: {kind: service}, points: {per_hour: 3},
   quantity: {at_most: 4, per: day}}"""
MARKS = """\
- {rule: marks, title: {zh: 里程碑, en: Marks}, when: {kind: service, category: 助老}, points: {milestones: {
   window: lifetime, of: {kind: service}, steps: [{at: 10, points: 50}, {at: 100, points: 80}]}}}
- {rule: rest, title: {zh: 其他, en: Other}, when: {kind: service, category: 其他}, points: {each: 1}}"""
FALLING = """\
- {rule: falling, title: {zh: 助老, en: Care}, when: {kind: service}, points: {bands: {window: day, steps: [
   {from: 0, to: 4, points: 3}, {from: 4, points: 0}]}}}"""


def test_a_once_only_rule_pays_once_though_a_deed_left_it_and_comes_back(cast: Cast, clock: FixedClock) -> None:
    office = opened(cast, ONCE)
    resident = cast.resident()
    first = approve(resident, "拾金")
    correct(office, first, category="让座")
    clock.advance(seconds=60)
    second = approve(resident, "拾金")
    assert points(resident) == 1 + 10
    clock.advance(seconds=60)
    correct(office, first, category="拾金")
    assert [told(resident, each)["granted"] for each in (first, second)] == [0, 10]
    assert points(resident) == 10


def test_a_deed_that_was_paid_once_stays_paid_when_it_is_corrected_unchanged(cast: Cast) -> None:
    office = opened(cast, ONCE)
    resident = cast.resident()
    first, second = approve(resident, "拾金"), approve(resident, "拾金")
    for earning in (first, second):
        assert no(ask(office[0], earning, category="拾金")) == (409, "correction_changes_nothing")
    assert [told(resident, each)["granted"] for each in (first, second)] == [10, 0]


def test_the_limit_of_hours_holds_though_a_deed_is_lowered_and_raised_again(cast: Cast) -> None:
    office = opened(cast, FOUR_HOURS)
    resident = cast.resident()
    first, _ = served(resident, 3), served(resident, 3)
    assert points(resident) == 12
    correct(office, first, quantity="1")
    assert points(resident) == 6
    third = served(resident, 3)
    assert told(resident, third)["granted"] == 6
    correct(office, first, quantity="3")
    assert points(resident) == 12
    assert told(resident, first)["granted"] == 3


def test_what_counted_of_a_deed_goes_on_counting_when_it_is_corrected_unchanged(cast: Cast) -> None:
    office = opened(cast, FOUR_HOURS)
    resident = cast.resident()
    earnings = [served(resident, 3), served(resident, 3)]
    for earning in earnings:
        assert no(ask(office[0], earning, quantity="3")) == (409, "correction_changes_nothing")
    for quantity in ("3.5", "3"):
        correct(office, earnings[0], quantity=quantity)
    assert [told(resident, each)["granted"] for each in earnings] == [9, 3]


def test_hours_that_a_correction_adds_stand_behind_all_that_count_now(cast: Cast) -> None:
    office = opened(cast, FALLING)
    resident = cast.resident()
    first, _ = served(resident, 1), served(resident, 3)
    assert points(resident) == 12
    correct(office, first, quantity="4")
    assert points(resident) == 12


def test_hours_taken_away_by_mistake_come_back_to_their_place(cast: Cast) -> None:
    office = opened(cast, FALLING)
    resident = cast.resident()
    first, _ = served(resident, 3), served(resident, 3)
    correct(office, first, quantity="1")
    assert points(resident) == 3 + 3
    correct(office, first, quantity="3")
    assert points(resident) == 9 + 3


def test_hours_taken_away_do_not_come_back_to_a_place_others_have_taken(cast: Cast) -> None:
    office = opened(cast, FALLING)
    resident = cast.resident()
    first = served(resident, 4)
    correct(office, first, quantity="1")
    served(resident, 3)
    correct(office, first, quantity="4")
    assert points(resident) == 12


def test_a_mark_is_paid_once_though_the_total_falls_below_it_and_passes_it_again(cast: Cast) -> None:
    office = opened(cast, MARKS)
    resident = cast.resident()
    first, second = served(resident, 60), served(resident, 50)
    assert [told(resident, each)["granted"] for each in (first, second)] == [50, 80]
    undo(office, first)
    third = served(resident, 60)
    assert told(resident, third)["granted"] == 50  # the mark of 10 was taken back with the deed that had reached it
    assert points(resident) == 50 + 80


def test_a_mark_is_paid_once_though_a_correction_lowers_the_total(cast: Cast) -> None:
    office = opened(cast, MARKS)
    resident = cast.resident()
    first, _ = served(resident, 6), served(resident, 6)
    correct(office, first, quantity="1")
    assert points(resident) == 50
    served(resident, 6)
    assert points(resident) == 50


def test_a_mark_that_a_correction_reaches_is_paid_by_it(cast: Cast) -> None:
    office = opened(cast, MARKS)
    resident = cast.resident()
    first, _ = served(resident, 3), served(resident, 6)
    assert points(resident) == 0
    correct(office, first, quantity="5")
    assert (told(resident, first)["granted"], points(resident)) == (50, 50)
    served(resident, 6)
    assert points(resident) == 50


def test_a_mark_whose_deed_was_undone_is_paid_with_the_next_that_stands_past_it(cast: Cast) -> None:
    office = opened(cast, MARKS)
    resident = cast.resident()
    served(resident, 6)
    second, _ = served(resident, 5), served(resident, 6)
    assert told(resident, second)["granted"] == 50
    undo(office, second)
    assert points(resident) == 0
    served(resident, 1)
    assert points(resident) == 50
    served(resident, 1)
    assert points(resident) == 50


def test_a_mark_stays_with_its_deed_while_the_total_stands_past_it(cast: Cast) -> None:
    office = opened(cast, MARKS)
    resident = cast.resident()
    served(resident, 6)
    second, third = served(resident, 5), served(resident, 8)
    correct(office, second, quantity="1")
    assert [told(resident, each)["granted"] for each in (second, third)] == [50, 0]
    correct(office, second, category="其他")
    assert points(resident) == 1
    correct(office, third, quantity="9")
    assert [told(resident, each)["granted"] for each in (second, third)] == [1, 50]


def test_marks_passed_before_their_rule_came_are_not_paid_afterwards(cast: Cast) -> None:
    opened(cast, MARKS)
    resident = cast.resident()
    served(resident, 20, "其他")
    assert told(resident, served(resident, 5))["granted"] == 0


TURN = """\
- {rule: first, title: {zh: 随手拍, en: Photo}, when: {kind: ticket, category: [占道, 积水]}, points: {turn: {
   first: 10, later: 1, same: [place, category], window: {days: 7}}}}"""


def reported(resident: Person, category: str = "积水") -> str:
    return taken(deed(resident.id, DeedKind.TICKET, category, place="x"))


def test_when_the_first_report_is_undone_the_next_moves_up(cast: Cast) -> None:
    office = opened(cast, TURN)
    people = [cast.resident(name) for name in ("孙白露", "吴谷雨", "郑惊蛰")]
    earnings = [reported(person) for person in people]
    assert [points(person) for person in people] == [10, 1, 1]
    undo(office, earnings[0])
    assert [points(person) for person in people] == [0, 10, 1]
    (change,) = told(people[1], earnings[1])["history"]
    assert (change["points_before"], change["points_after"]) == (1, 10)
    assert "依次递补" in change["reason"]
    undo(office, earnings[1])
    assert [points(person) for person in people] == [0, 0, 10]


def test_there_are_never_two_first_reports_of_one_thing(cast: Cast, clock: FixedClock) -> None:
    office = opened(cast, TURN)
    one, two = cast.resident("孙白露"), cast.resident("吴谷雨")
    first, second = reported(one), reported(two)
    correct(office, first, category="占道")
    assert (points(one), points(two)) == (10, 10)  # of two things
    clock.advance(seconds=60)
    correct(office, first, category="积水")
    assert (points(one), points(two)) == (1, 10)
    correct(office, second, category="占道")
    assert (points(one), points(two)) == (10, 10)


def test_who_undid_the_first_report_does_not_move_up_without_another(cast: Cast) -> None:
    opened(cast, TURN)
    one, two = cast.resident("孙白露"), cast.resident("吴谷雨")
    office = cast.staff(Role.SECOND_REVIEWER), cast.staff(Role.FUND_MANAGER, resident=two.id)
    first, second = reported(one), reported(two)
    undo(office, first)
    assert points(two) == 1
    (asked,) = (each for each in office[0].get("/staff/corrections").json["items"] if each["state"] == "asked")
    assert asked["earning"] == second
    assert no(office[1].post(f"/staff/corrections/{asked['id']}/confirm")) == (403, "own_claim")
    assert cast.staff(Role.FUND_MANAGER).post(f"/staff/corrections/{asked['id']}/confirm").status_code == 200
    assert points(two) == 10
