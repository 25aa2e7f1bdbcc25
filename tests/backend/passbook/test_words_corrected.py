"""What an act was said to be about, where, with which team: a wrong one is mended by two people, as at its review."""

from __future__ import annotations

import json

import pytest
from sqlalchemy import text

from backend.kit.clock import fresh_id
from backend.kit.db import db
from tests.backend.passbook.corrected import ask, correct
from tests.backend.passbook.small import opened, served
from tests.backend.passbook.stage import approve, no, points, told
from tests.backend.volunteering.stage import Stage
from tests.cast import Cast, Person

TURNS = """- rule: turns
  title: {zh: 井盖, en: Manhole}
  when: {kind: act, category: 井盖}
  points: {turn: {first: 10, later: 1, window: lifetime, same: [place, category]}}"""
ONCE = """- rule: once
  title: {zh: 帮一户, en: One home}
  when: {kind: act, category: 帮扶}
  points: {each: 3}
  times: {at_most: 1, same: [about], window: lifetime}"""


@pytest.fixture
def office(cast: Cast) -> tuple[Person, Person]:
    return opened(cast, TURNS, ONCE)


def test_a_wrong_place_is_mended_and_counts_as_the_right_one(cast: Cast, office: tuple[Person, Person]) -> None:
    one, two = cast.resident(), cast.resident()
    approve(one, "井盖", place="南门")
    wrong = approve(two, "井盖", place="南门")
    assert points(two) == 1
    assert correct(office, wrong, place="北　门 A")["changes"] == {"place": "北　门 A"}
    assert (points(two), told(two, wrong)["decision"]["event"]["place"]) == (10, "北 门 a")


def test_whom_it_was_about_is_mended_and_stays_sealed(cast: Cast, office: tuple[Person, Person]) -> None:
    resident = cast.resident()
    first, second = approve(resident, "帮扶", about="a" * 64), approve(resident, "帮扶", about="a" * 64)
    assert points(resident) == 3
    asked = ask(office[0], second, about="王奶奶家")
    assert asked.json["changes"] == {"about": "王奶奶家"}
    assert office[1].post(f"/staff/corrections/{asked.json['id']}/confirm").status_code == 200
    assert points(resident) == 6
    for table in ("earning", "earning_correction"):
        kept = str(db.session.execute(text(f"SELECT * FROM {table}")).all())
        assert "王奶奶" not in kept
        assert json.dumps("王奶奶").strip('"') not in kept.replace("\\\\", "\\")
    db.session.rollback()
    correct(office, first, about="王奶奶家 ")
    assert points(resident) == 3  # the first is now the second of that home
    assert told(resident, second)["history"][0]["changes"] == {"about": "王奶奶家"}


def test_a_team_is_mended_and_null_takes_it_away(cast: Cast, office: tuple[Person, Person]) -> None:
    stage, resident = Stage.set_up(cast), cast.resident()
    earning = approve(resident, "扫雪")
    correct(office, earning, team=stage.team)
    assert told(resident, earning)["decision"]["event"]["team"] == stage.team
    correct(office, earning, team=None)
    assert told(resident, earning)["decision"]["event"].get("team") is None


def test_what_a_review_refuses_a_correction_refuses(cast: Cast, office: tuple[Person, Person]) -> None:
    resident = cast.resident()
    earning, hours = approve(resident, "扫雪"), served(resident, 2)
    for field in ("team", "activity"):
        assert no(ask(office[0], earning, **{field: fresh_id()})) == (422, "act_names_nothing")
    for field in ("place", "about"):
        assert no(ask(office[0], earning, **{field: "ß" * 60})) == (422, "act_words_unreadable")
        assert no(ask(office[0], earning, **{field: "\u200b"})) == (422, "act_words_unreadable")
        assert no(ask(office[0], earning, **{field: ""})) == (422, "invalid_fields")
        assert no(ask(office[0], hours, **{field: "南门"})) == (422, "correction_of_acts_only")
