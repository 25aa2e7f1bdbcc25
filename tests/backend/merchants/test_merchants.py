"""The office takes merchants in, and says who stands at their counters."""

from backend.kit.auth.permissions import Role
from backend.kit.clock import fresh_id
from tests.app import OTHER_DISTRICT
from tests.backend.rewards.people import PASSWORD, STREET, Market
from tests.cast import Cast


def test_a_merchant_has_shops_and_clerks(market: Market) -> None:
    admin = market.office(Role.ADMIN)
    merchant = market.merchant()
    clerk = market.add_clerk(merchant, "柜台-甲", "owner")
    assert admin.get("/staff/merchants").json["items"] == [
        {"id": merchant.id, "name": merchant.name, "street": STREET, "closed": False}
    ]
    assert admin.get(f"/staff/merchants/{merchant.id}/clerks").json["items"] == [
        {
            "id": clerk,
            "name": "柜台-甲",
            "merchant": merchant.id,
            "shop": merchant.shop,
            "role": "owner",
            "closed": False,
        }
    ]


def test_names_are_taken_once(market: Market) -> None:
    admin, merchant = market.office(Role.ADMIN), market.merchant()
    market.add_clerk(merchant, "柜台-甲")
    again = admin.post("/staff/merchants", {"name": merchant.name, "street": STREET, "shops": ["甲"]})
    clerk = {"name": "柜台-甲", "password": PASSWORD, "shop": merchant.shop, "role": "clerk"}
    for answer in (again, admin.post(f"/staff/merchants/{merchant.id}/clerks", clerk)):
        assert (answer.status_code, answer.json["code"]) == (409, "name_taken")


def test_what_cannot_be_is_refused(market: Market) -> None:
    admin, merchant, other = market.office(Role.ADMIN), market.merchant(), market.merchant("别家饭馆（虚构）")
    clerk = {"name": "柜台-甲", "password": PASSWORD, "shop": merchant.shop, "role": "clerk"}
    bodies = [
        ("/staff/merchants", {"name": "甲", "street": "999999999", "shops": ["甲"]}, "street_unknown"),
        ("/staff/merchants", {"name": "甲", "street": STREET, "shops": ["甲", "甲"]}, "invalid_fields"),
        ("/staff/merchants", {"name": "甲", "street": STREET, "shops": []}, "invalid_fields"),
        ("/staff/merchants", {"name": "甲\u0000", "street": STREET, "shops": ["甲"]}, "invalid_fields"),
        (f"/staff/merchants/{other.id}/clerks", clerk, "shop_unknown"),
        (f"/staff/merchants/{merchant.id}/clerks", clerk | {"shop": fresh_id()}, "shop_unknown"),
        (f"/staff/merchants/{merchant.id}/clerks", clerk | {"password": "password123456"}, "password_weak"),
        (f"/staff/merchants/{merchant.id}/clerks", clerk | {"role": "admin"}, "invalid_fields"),
        (f"/staff/merchants/{merchant.id}/clerks", clerk | {"closed": True}, "invalid_fields"),
    ]
    for path, body, code in bodies:
        answer = admin.post(path, body)
        assert (answer.status_code, answer.json["code"]) == (422, code), body


def test_another_district_sees_nothing_of_it(market: Market, cast: Cast) -> None:
    merchant = market.merchant()
    there = cast.staff(Role.ADMIN, district=OTHER_DISTRICT)
    body = {"name": "柜台-甲", "password": PASSWORD, "shop": merchant.shop, "role": "clerk"}
    assert there.get("/staff/merchants").json["items"] == []
    assert there.get(f"/staff/merchants/{merchant.id}/clerks").json["code"] == "not_found"
    assert there.post(f"/staff/merchants/{merchant.id}/clerks", body).json["code"] == "not_found"


def test_only_an_admin_takes_merchants_in(market: Market, cast: Cast) -> None:
    body = {"name": "甲", "street": STREET, "shops": ["甲"]}
    people = [cast.resident(), cast.staff(Role.FUND_MANAGER), market.clerk(market.merchant())]
    for person in people:
        assert person.post("/staff/merchants", body).json["code"] == "not_permitted"
    assert cast.stranger().post("/staff/merchants", body).json["code"] == "token_invalid"
