"""A town so small that its whole ledger is one value: the sequential model that concurrent histories are held against.

Three residents, a fund, one cap, one offer at one price, one shop. It knows nothing of the ledger's code.
"""

from __future__ import annotations

from typing import NamedTuple

RESIDENTS = ("lin", "mei", "hao")
FUND, STOCK, PRICE, CEILING = 10_000, 6, 5, 60
Answer = tuple[object, ...]


class Holding(NamedTuple):
    resident: int
    units: int
    state: str = "held"


class SmallTown(NamedTuple):
    """Every figure of the town after some postings."""

    fund: int = FUND
    points: tuple[int, ...] = (0, 0, 0)
    held: int = 0
    shop: int = 0
    stock: int = STOCK
    counted: int = 0
    holds: frozenset[tuple[str, Holding]] = frozenset()
    posted: frozenset[tuple[str, Answer]] = frozenset()


def step(town: SmallTown, asked: tuple[object, ...]) -> tuple[SmallTown, Answer]:
    """What the town is after a call, and what is answered."""
    verb, *rest = asked
    if verb in ("points", "stock", "shop"):
        return town, (_look(town, str(verb), rest),)
    name = str(rest[0])
    known = dict(town.posted).get(name)
    if known is not None:
        return town, ("again", *known[1:])
    after, answer = _POST[str(verb)](town, *rest)
    if answer[0] == "posted":
        after = after._replace(posted=after.posted | {(name, answer)})
    return after, answer


def _look(town: SmallTown, verb: str, rest: list[object]) -> int:
    if verb == "points":
        return town.points[int(str(rest[0]))]
    return town.stock if verb == "stock" else town.shop


def _with(points: tuple[int, ...], resident: int, change: int) -> tuple[int, ...]:
    return (*points[:resident], points[resident] + change, *points[resident + 1 :])


def _earn(town: SmallTown, name: str, resident: int, amount: int) -> tuple[SmallTown, Answer]:
    granted = min(amount, CEILING - town.counted)
    if granted == 0:
        return town, ("posted", 0, ())
    points = _with(town.points, resident, granted)
    after = town._replace(fund=town.fund - granted, points=points, counted=town.counted + granted)
    return after, ("posted", granted, (after.fund, points[resident]))


def _hold(town: SmallTown, name: str, resident: int, units: int) -> tuple[SmallTown, Answer]:
    needed = units * PRICE
    if town.stock < units:
        return town, ("out_of_stock", town.stock)
    if town.points[resident] < needed:
        return town, ("insufficient_points", town.points[resident])
    points = _with(town.points, resident, -needed)
    after = town._replace(
        points=points,
        held=town.held + needed,
        stock=town.stock - units,
        holds=town.holds | {(name, Holding(resident, units))},
    )
    return after, ("posted", needed, (points[resident], after.held))


def _ended(town: SmallTown, hold: str, state: str) -> tuple[SmallTown, Holding | None, Answer]:
    holding = dict(town.holds).get(hold)
    if holding is None:
        return town, None, ("hold_unknown",)
    if holding.state != "held":
        return town, None, (f"hold_{holding.state}",)
    holds = town.holds - {(hold, holding)} | {(hold, holding._replace(state=state))}
    return town._replace(holds=holds, held=town.held - holding.units * PRICE), holding, ()


def _capture(town: SmallTown, name: str, hold: str) -> tuple[SmallTown, Answer]:
    town, holding, no = _ended(town, hold, "captured")
    if holding is None:
        return town, no
    paid = holding.units * PRICE
    after = town._replace(shop=town.shop + paid)
    return after, ("posted", paid, (after.held, after.shop))


def _release(town: SmallTown, name: str, hold: str) -> tuple[SmallTown, Answer]:
    town, holding, no = _ended(town, hold, "released")
    if holding is None:
        return town, no
    back = holding.units * PRICE
    points = _with(town.points, holding.resident, back)
    after = town._replace(points=points, stock=town.stock + holding.units)
    return after, ("posted", back, (after.held, points[holding.resident]))


_POST = {"earn": _earn, "hold": _hold, "capture": _capture, "release": _release}
