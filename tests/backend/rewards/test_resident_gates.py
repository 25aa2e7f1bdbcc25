"""An admin closes a resident with a reason: no session, no redemption, and nothing earned is lost by it."""

from __future__ import annotations

from backend.kit import outbox
from backend.kit.auth.permissions import Role
from backend.wiring import ledger
from points.clock import FixedClock
from tests.app import DISTRICT, OTHER_DISTRICT
from tests.backend.passbook.stage import approve, fill_fund, publish_rules
from tests.backend.rewards.people import Market, redeem
from tests.cast import Cast

WHY = {"reason": "账号被盗用，核实中"}


def test_closing_a_resident_ends_their_sessions_and_is_in_the_ledger(market: Market) -> None:
    resident, reward = market.resident(100), market.reward(market.merchant())
    answer = market.office(Role.ADMIN).post(f"/staff/residents/{resident.id}/close", WHY)
    assert (answer.status_code, answer.json["open"], answer.json["reason"]) == (200, False, WHY["reason"])
    assert not ledger(DISTRICT).is_open(f"resident:{resident.id}")
    assert resident.get("/me").json["code"] == "token_invalid"
    left = market.cast.signed_in("resident", resident.id, ("resident",))
    assert redeem(left, reward).json["code"] == "resident_closed"
    market.office(Role.ADMIN).post(f"/staff/residents/{resident.id}/open", WHY)
    assert redeem(left, reward).status_code == 201


def test_what_a_closed_resident_earns_waits_until_they_are_opened(
    cast: Cast, market: Market, clock: FixedClock
) -> None:
    publish_rules(cast)
    fill_fund(cast)
    resident, admin = cast.resident(), market.office(Role.ADMIN)
    admin.post(f"/staff/residents/{resident.id}/close", WHY)
    earning = approve(resident)
    left = cast.signed_in("resident", resident.id, ("resident",))
    told = left.get(f"/me/earnings/{earning}").json
    assert (told["state"], told["grants"][0]["reason"]) == ("waiting", "resident_closed")
    admin.post(f"/staff/residents/{resident.id}/open", WHY)
    clock.advance(seconds=120)
    outbox.deliver_due()
    assert left.get(f"/me/earnings/{earning}").json["granted"] == 20


def test_only_an_admin_of_the_district_closes_a_resident(cast: Cast) -> None:
    resident = cast.resident()
    for role, district, code in ((Role.REVIEWER, DISTRICT, "not_permitted"), (Role.ADMIN, OTHER_DISTRICT, "not_found")):
        answer = cast.staff(role, district=district).post(f"/staff/residents/{resident.id}/close", WHY)
        assert answer.json["code"] == code
    assert cast.staff(Role.ADMIN).post(f"/staff/residents/{resident.id}/close", {}).json["code"] == "invalid_fields"
    assert resident.get("/me").status_code == 200
