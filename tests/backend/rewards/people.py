"""The people and things of the market: merchants, clerks, residents with points, rewards on the shelf; all made up."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from backend.kit.auth.permissions import Role
from backend.kit.clock import fresh_id, now
from backend.wiring import ledger
from points.ledger.transfer import Earn, TopUp
from tests.app import DISTRICT
from tests.cast import Cast, Person

STREET = "370112001"
PASSWORD = "lotus-tea-paper-boat"


@dataclass
class Merchant:
    """A merchant as the API answered it."""

    id: str
    name: str
    shop: str


@dataclass
class Market:
    """Sets up what a test of the counter needs, through the API; points are granted straight in the ledger."""

    cast: Cast
    staff: dict[Role, Person] = field(default_factory=dict)

    def office(self, role: Role) -> Person:
        """A member of staff with one role, always the same."""
        return self.staff.setdefault(role, self.cast.staff(role))

    def merchant(self, name: str = "泉边书店（虚构）") -> Merchant:
        body = {"name": name, "street": STREET, "shops": ["一号柜台"]}
        answer = self.office(Role.ADMIN).post("/staff/merchants", body)
        assert answer.status_code == 201, answer.json
        return Merchant(answer.json["id"], name, answer.json["shops"][0]["id"])

    def add_clerk(self, merchant: Merchant, name: str, role: str = "clerk") -> str:
        """A clerk in the books; answers the id. The password is PASSWORD."""
        body = {"name": name, "password": PASSWORD, "shop": merchant.shop, "role": role}
        answer = self.office(Role.ADMIN).post(f"/staff/merchants/{merchant.id}/clerks", body)
        assert answer.status_code == 201, answer.json
        return str(answer.json["id"])

    def clerk(self, merchant: Merchant, name: str = "柜台-甲") -> Person:
        """A clerk who has signed in with name and password."""
        identifier = self.add_clerk(merchant, name)
        answer = self.sign_in(name)
        assert answer.status_code == 201, answer.json
        return Person(self.cast.app, self.cast.app.test_client(), "clerk", identifier, answer.json["token"])

    def sign_in(self, name: str, password: str = PASSWORD, **more: str) -> Any:
        return self.cast.stranger().post("/merchant/session", {"name": name, "password": password, **more})

    def terms(self, *merchants: Merchant, price: int = 30, **more: Any) -> dict[str, Any]:
        """The body of a reward, on offer from yesterday for a month."""
        return {
            "title": {"zh": "虚构的帆布袋", "en": "A made-up canvas bag"},
            "price": price,
            "merchants": [merchant.id for merchant in merchants],
            "starts_at": (now() - timedelta(days=1)).isoformat(),
            "ends_at": (now() + timedelta(days=30)).isoformat(),
            **more,
        }

    def reward(self, *merchants: Merchant, stock: int = 3, **more: Any) -> str:
        """A published reward; answers the id."""
        body = self.terms(*merchants, **more) | {"stock": stock}
        answer = self.office(Role.FUND_MANAGER).post("/staff/rewards", body)
        assert answer.status_code == 201, answer.json
        return str(answer.json["id"])

    def resident(self, points: int = 100, name: str = "赵小满") -> Person:
        """A resident with points, all in one lot that lives a year."""
        person = self.cast.resident(name)
        self.give(person, points)
        return person

    def give(self, person: Person, points: int) -> None:
        books = ledger(DISTRICT)
        books.post(TopUp(fresh_id(), "civic", points))
        books.post(Earn(fresh_id(), person.id, "civic", points, now(), now() + timedelta(days=365)))


def redeem(person: Person, reward: str, *, quantity: int = 1, key: str | None = None) -> Any:
    return person.post("/redemptions", {"reward_id": reward, "quantity": quantity}, key=key)


def look_up(clerk: Person, code: str) -> Any:
    return clerk.post("/merchant/redemptions/lookup", {"code": code})


def capture(clerk: Person, redemption: str, *, key: str | None = None) -> Any:
    return clerk.post(f"/merchant/redemptions/{redemption}/capture", {}, key=key)
