"""Past deeds are what a new pack is tried on."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from backend.kit.auth import Role
from backend.kit.clock import now
from backend.passbook.history import count, history
from tests.app import DISTRICT
from tests.backend.passbook.corrected import correct, undo
from tests.backend.passbook.stage import approve, fill_fund, publish_rules, serve
from tests.cast import Cast

DAY = date(2026, 11, 20)


def test_history_tells_deeds_in_order_as_they_stand_now(cast: Cast) -> None:
    publish_rules(cast)
    fill_fund(cast)
    office = (cast.staff(Role.SECOND_REVIEWER), cast.staff(Role.FUND_MANAGER))
    resident = cast.resident()
    resident.post("/me/consents", {"purpose": "public_notice", "given": True})
    resident.put("/me/birth-date", {"birth_date": "1960-11-20"})
    second, first = approve(resident), approve(resident, at=now() - timedelta(hours=5))
    wrong = approve(resident)
    correct(office, second, category="帮助困难居民")
    undo(office, wrong)
    serve(resident, "1.5", wrong, at=now() - timedelta(days=2))
    found = list(history(DISTRICT, DAY, DAY))
    assert [past.event.category for past in found] == ["敬老爱亲之星", "帮助困难居民"]
    assert {(past.age_band, past.consents) for past in found} == {("60_up", ("age", "public_notice"))}
    assert (count(DISTRICT, DAY, DAY), count(DISTRICT, None, None)) == (2, 3)
    assert found[0].event.at < found[1].event.at
    assert first != second


def test_history_goes_on_page_after_page(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("backend.passbook.history.BATCH", 3)
    resident = cast.resident()
    for _ in range(7):
        approve(resident)
    found = [past.event.id for past in history(DISTRICT, None, None)]
    assert len(set(found)) == len(found) == 7
