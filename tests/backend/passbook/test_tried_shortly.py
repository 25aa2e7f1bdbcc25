"""What a pack is tried on when it is handed in: full books, beside the pack that would rule without it."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from backend.kit.auth import Role
from backend.kit.clock import now
from backend.kit.db import find
from backend.passbook.history import try_shortly
from backend.passbook.models import RulePack
from tests.app import DISTRICT
from tests.backend.passbook.stage import STAR, approve, fill_fund, publish_rules, submit
from tests.backend.passbook.test_packs import CHANGED_CASES, changed, publish
from tests.cast import Cast
from tests.points.rules.packs import raw, rule, written

ONCE = {"at_most": 1, "window": "year"}


def once_a_year(cast: Cast) -> None:
    """A pack in force that pays ten points once a year."""
    done = {"kind": "act", "category": "拾金不昧", "at": "2026-11-20 09:00", "resident": "甲", "gives": {"acts": 10}}
    cases = json.dumps({"pack": "p.yaml", "cases": [{"case": "每年一次", "deeds": [done]}]})
    publish_rules(cast, written(raw(rule("acts", times=ONCE))), cases)
    fill_fund(cast)


def test_the_simulation_of_an_author_who_waits_begins_with_full_books(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    once_a_year(cast)
    resident = cast.resident()
    approve(resident, at=now() - timedelta(days=120))
    approve(resident)
    new = written(raw(rule("acts", times=ONCE, points={"each": 25}), version=2))
    kept = try_shortly(DISTRICT, new)
    assert (kept["deeds"], kept["points"], kept["points_beside"], kept["complete"]) == (1, 0, 0, True)
    told = {row["name"]: row["new"] for row in kept["rows"] if row["section"] == "books before"}
    assert told == {
        "deeds replayed, in no figure": "1",
        "begin on": "2026-07-23",
        "windows cut short": "none",
    }
    monkeypatch.setattr("backend.passbook.history.MOST_BEFORE", 0)
    cold = try_shortly(DISTRICT, new)
    assert (cold["points"], cold["complete"]) == (25, False)
    assert {"year"} == {row["new"] for row in cold["rows"] if row["name"] == "windows cut short"}


def test_words_and_figures_compare_with_the_pack_of_the_first_day(cast: Cast) -> None:
    publish_rules(cast)
    middle = submit(cast, changed(starts="2026-12-01"), CHANGED_CASES).json["id"]
    assert publish(cast, middle).status_code == 200
    later = changed(version=3, starts="2027-01-01").replace(f"{STAR}: 25", f"{STAR}: 30")
    cases = CHANGED_CASES.replace("25", "30").replace("2026-12-02", "2027-01-02")
    made = submit(cast, later, cases).json["id"]
    seen = cast.staff(Role.RULES_PUBLISHER).get(f"/staff/rule-packs/{made}").json
    assert seen["beside"] == middle
    assert seen["simulation"]["beside"] == find(RulePack, DISTRICT, middle).digest
    assert any("25" in line and "30" in line for line in seen["diff"]["zh-CN"])
    assert publish(cast, made).status_code == 200
