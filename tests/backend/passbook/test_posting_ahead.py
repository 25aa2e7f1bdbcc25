"""The ledger has seen a later time than our clocks: grants wait and are posted under their own id, nobody is blamed."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import Flask

from backend.kit import outbox
from backend.kit.clock import fresh_id, now
from backend.passbook import spend
from backend.passbook.ahead import ledger_is_ahead
from backend.wiring import ledger
from points.clock import FixedClock
from points.errors import Refused
from points.ids import new_id
from points.ledger.refusals import BAD_TIME, ID_EXPIRED, LEDGER_AHEAD
from points.ledger.transfer import TopUp
from tests.app import DISTRICT
from tests.backend.passbook.stage import approve, fill_fund, publish_rules
from tests.cast import Cast


def test_a_redemption_that_the_ledger_finds_over_before_it_began_is_nobodys_fault(
    app: Flask, clock: FixedClock
) -> None:
    clock.advance(days=2)
    spend.put_offer(DISTRICT, fresh_id(), offer := fresh_id(), _terms())
    clock.advance(days=-2)
    with pytest.raises(Refused) as refused:
        spend.redeem(DISTRICT, fresh_id(), fresh_id(), offer, 1)
    assert (refused.value.code, refused.value.kind.retry, refused.value.kind.wait_seconds) == ("ledger_ahead", True, 60)


def test_an_id_of_today_is_never_called_too_old(app: Flask, clock: FixedClock) -> None:
    clock.advance(days=45)
    ledger(DISTRICT).post(TopUp(fresh_id(), "civic", 10))
    clock.advance(days=-45)
    with pytest.raises(Refused) as refused:
        spend.settle(DISTRICT, fresh_id(), fresh_id(), 1, "结算")
    assert refused.value.kind is LEDGER_AHEAD


def test_a_grant_waits_until_the_clocks_have_come_as_far(cast: Cast, clock: FixedClock) -> None:
    publish_rules(cast)
    fill_fund(cast)
    clock.advance(days=45)
    ledger(DISTRICT).post(TopUp(fresh_id(), "civic", 10))
    clock.advance(days=-45)
    resident = cast.resident()
    earning = approve(resident)
    told = resident.get(f"/me/earnings/{earning}").json
    assert (told["state"], told["grants"][0]["reason"]) == ("waiting", "ledger_ahead")
    clock.advance(days=31)
    outbox.deliver_due()
    resident = cast.signed_in("resident", resident.id, ("resident",))
    assert resident.get(f"/me/earnings/{earning}").json["state"] == "posted"


def test_what_is_wrong_by_our_own_clock_stays_wrong(app: Flask, clock: FixedClock) -> None:
    assert not ledger_is_ahead(BAD_TIME(field="expires_at"), fresh_id())
    assert not ledger_is_ahead(ID_EXPIRED(), new_id(now() - timedelta(days=31)))
    assert not ledger_is_ahead(ID_EXPIRED(), new_id(now() + timedelta(days=2)))
    assert not ledger_is_ahead(ID_EXPIRED(), "ffffffff-ffff-7fff-bfff-ffffffffffff")


def _terms() -> spend.Terms:
    return spend.Terms(3, (fresh_id(),), now() - timedelta(days=9), now() + timedelta(days=9), (), {"zh-CN": "书"})
