"""A clerk signs in; whoever is not the clerk learns nothing from trying."""

import pytest

from backend.kit.auth import passwords
from backend.kit.auth.permissions import Role
from points.clock import FixedClock
from tests.backend.rewards.people import PASSWORD, Market
from tests.cast import Cast


def test_a_clerk_signs_in_with_name_and_password(market: Market) -> None:
    merchant = market.merchant()
    clerk = market.add_clerk(merchant, "柜台-甲")
    answer = market.sign_in("柜台-甲", merchant=merchant.id)
    assert answer.status_code == 201
    assert answer.json["expires_at"] == "2026-11-21T04:00:00+00:00"
    assert answer.json["clerk"]["id"] == clerk
    assert answer.json["merchant"]["id"] == merchant.id
    assert answer.json["shop"] == {"id": merchant.shop, "name": "一号柜台"}
    assert "password" not in answer.text


def test_every_wrong_sign_in_looks_alike(market: Market) -> None:
    merchant, other = market.merchant(), market.merchant("别家饭馆（虚构）")
    market.add_clerk(merchant, "柜台-甲")
    answers = [
        market.sign_in("没有这个人"),
        market.sign_in("柜台-甲", "wrong-wrong-wrong"),
        market.sign_in("柜台-甲", merchant=other.id),
    ]
    shapes = {
        (answer.status_code, answer.json["code"], answer.json["detail"], "details" in answer.json) for answer in answers
    }
    assert {shape[:2] for shape in shapes} == {(401, "sign_in_failed")}
    assert len(shapes) == 1


def test_an_unknown_name_costs_the_same_work(market: Market, monkeypatch: pytest.MonkeyPatch) -> None:
    merchant = market.merchant()
    market.add_clerk(merchant, "柜台-甲")
    hashed: list[str] = []
    verify = passwords.PasswordHasher.verify

    def counting(self: passwords.PasswordHasher, stored: str, password: str) -> bool:
        hashed.append(stored.rsplit("$", 2)[0])
        return verify(self, stored, password)

    monkeypatch.setattr(passwords.PasswordHasher, "verify", counting)
    market.sign_in("没有这个人")
    market.sign_in("柜台-甲", "wrong-wrong-wrong")
    assert len(hashed) == 2
    assert len(set(hashed)) == 1


@pytest.mark.parametrize("name", ["柜台-甲", "没有这个人"])
def test_five_wrong_passwords_lock_a_name_for_a_quarter_of_an_hour(
    market: Market, clock: FixedClock, name: str
) -> None:
    market.add_clerk(market.merchant(), "柜台-甲")
    answers = [market.sign_in(name, "wrong-wrong-wrong") for _ in range(5)]
    assert {answer.json["code"] for answer in answers} == {"sign_in_failed"}
    locked = market.sign_in(name)
    assert (locked.status_code, locked.json["code"]) == (429, "sign_in_locked")
    clock.advance(minutes=14)
    assert market.sign_in(name).json["code"] == "sign_in_locked"
    clock.advance(minutes=1)
    assert market.sign_in(name).status_code == (201 if name == "柜台-甲" else 401)


def test_a_right_password_forgives_the_wrong_ones_before(market: Market) -> None:
    market.add_clerk(market.merchant(), "柜台-甲")
    for _ in range(3):
        for _ in range(4):
            market.sign_in("柜台-甲", "wrong-wrong-wrong")
        assert market.sign_in("柜台-甲").status_code == 201


def test_signing_out_ends_the_session(market: Market, cast: Cast) -> None:
    clerk = market.clerk(market.merchant())
    assert clerk.get("/rewards").status_code == 200
    assert clerk.delete("/session").status_code == 204
    assert clerk.get("/rewards").json["code"] == "token_invalid"


def test_a_closed_clerk_cannot_sign_in_until_opened(market: Market) -> None:
    merchant = market.merchant()
    clerk = market.clerk(merchant)
    admin = market.office(Role.ADMIN)
    admin.post(f"/staff/merchants/{merchant.id}/clerks/{clerk.id}/close", {"reason": "离职"})
    assert clerk.get("/rewards").json["code"] == "token_invalid"
    assert market.sign_in("柜台-甲").json["code"] == "sign_in_failed"
    admin.post(f"/staff/merchants/{merchant.id}/clerks/{clerk.id}/open", {"reason": "回来了"})
    assert market.sign_in("柜台-甲", PASSWORD).status_code == 201
