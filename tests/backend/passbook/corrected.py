"""What the tests of corrections do: ask for one, confirm it, undo an earning, and spend what was earned."""

from __future__ import annotations

from typing import Any

from tests.backend.rewards.people import Market, capture, look_up, redeem
from tests.cast import Cast, Person


def ask(person: Person, earning: str, **changes: Any) -> Any:
    return person.post(f"/staff/earnings/{earning}/correction", {"changes": changes, "reason": "类别填错"})


def correct(office: tuple[Person, Person], earning: str, **changes: Any) -> dict[str, Any]:
    """A correction asked by one and confirmed by the other."""
    asked = ask(office[0], earning, **changes)
    assert asked.status_code == 201, asked.text
    done = office[1].post(f"/staff/corrections/{asked.json['id']}/confirm")
    assert (done.status_code, done.json["state"]) == (200, "confirmed"), done.text
    return dict(done.json)


def undo(office: tuple[Person, Person], earning: str) -> dict[str, Any]:
    asked = office[0].post(f"/staff/earnings/{earning}/undoing", {"reason": "查实不属实"})
    assert asked.status_code == 201, asked.text
    done = office[1].post(f"/staff/corrections/{asked.json['id']}/confirm")
    assert done.status_code == 200, done.text
    return dict(done.json)


def spend(cast: Cast, resident: Person, amount: int) -> None:
    """The resident spends points at a counter."""
    market = Market(cast)
    merchant = market.merchant()
    clerk = market.clerk(merchant)
    redemption = redeem(resident, market.reward(merchant, price=amount)).json
    look_up(clerk, redemption["code"])
    assert capture(clerk, redemption["id"]).status_code == 200
