"""One person in two districts, with points in the first; all made up."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from backend.crossings import agreeing
from backend.kit import outbox
from backend.kit.auth import Role
from backend.kit.clock import fresh_id, now
from backend.wiring import ledger
from points.clock import FixedClock
from points.ledger.transfer import Earn, TopUp
from tests.app import DISTRICT, OTHER_DISTRICT
from tests.cast import Cast, Person

WHY = {"reason": "账号被盗用，核实中"}


@dataclass
class Traveller:
    """Somebody who is signed up in both districts."""

    cast: Cast
    here: Person
    there: Person

    def take(self, amount: Any = 30, district: Any = OTHER_DISTRICT, *, key: str | None = None) -> Any:
        return self.here.post("/me/transfers", {"district": district, "amount": amount}, key=key)

    def taken(self, amount: int = 30) -> str:
        """The id of a transfer that was accepted."""
        answer = self.take(amount)
        assert answer.status_code == 201, answer.text
        return str(answer.json["id"])

    def told(self, transfer: str) -> dict[str, Any]:
        """What the resident is told of it, signed in anew: much time may have gone by."""
        again = self.cast.signed_in("resident", self.here.id, ("resident",))
        return dict(again.get(f"/me/transfers/{transfer}").json)

    @property
    def points(self) -> tuple[int, int]:
        """What there is here and there."""
        here, there = ledger(DISTRICT).balance(self.here.id), ledger(OTHER_DISTRICT).balance(self.there.id)
        return here.available, there.available

    def turn(self, word: str, *, there: bool = True) -> None:
        """An admin closes or opens the account, there or here."""
        district, person = (OTHER_DISTRICT, self.there) if there else (DISTRICT, self.here)
        admin = self.cast.staff(Role.ADMIN, district=district)
        answer = admin.post(f"/staff/residents/{person.id}/{word}", WHY)
        assert answer.status_code == 200, answer.text


def traveller(cast: Cast, points: int = 100) -> Traveller:
    here = cast.resident(openid="openid-of-a-traveller")
    there = cast.resident(openid="openid-of-a-traveller", district=OTHER_DISTRICT, street="370102001")
    if points:
        give(here, points)
    return Traveller(cast, here, there)


def give(person: Person, points: int, *, days: int = 365) -> None:
    books = ledger(person.district)
    books.post(TopUp(fresh_id(), "civic", points))
    books.post(Earn(fresh_id(), person.id, "civic", points, now(), now() + timedelta(days=days)))


def delivered(clock: FixedClock, **later: float) -> None:
    """Time goes by, and the worker does its rounds."""
    clock.advance(**(later or {"seconds": 400}))
    for _ in range(3):
        outbox.deliver_due()
        clock.advance(seconds=400)


def between() -> tuple[int, int]:
    """The difference between the two districts, and what is under way."""
    (found,) = agreeing.compare([DISTRICT, OTHER_DISTRICT])
    return found.difference, found.under_way
