"""The counter stays open while the books are down: redeem, scan, capture and cancel touch no SQL."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NoReturn

from flask import Flask
from sqlalchemy import event
from sqlalchemy.exc import OperationalError

from backend.kit.db import db
from backend.passbook import redeeming
from tests.app import DISTRICT
from tests.backend.rewards.people import Market, capture, look_up, redeem


@contextmanager
def books_down(app: Flask) -> Iterator[None]:
    """Every statement and every new connection fails, as on a server that is gone."""
    db.session.remove()
    engine = db.engine
    engine.dispose()

    def fail(*_: Any) -> NoReturn:
        raise OperationalError("the server is gone", None, Exception("gone"))

    for name in ("do_connect", "before_cursor_execute"):
        event.listen(engine, name, fail)
    try:
        yield
    finally:
        for name in ("do_connect", "before_cursor_execute"):
            event.remove(engine, name, fail)


def test_the_whole_way_over_the_counter_works_while_the_books_are_down(app: Flask, market: Market) -> None:
    merchant, resident = market.merchant(), market.resident(100)
    clerk, reward = market.clerk(merchant), market.reward(merchant)
    redeeming.keep(DISTRICT)  # as the worker does
    with books_down(app):
        kept, dropped = redeem(resident, reward).json, redeem(resident, reward).json
        fresh = resident.post(f"/redemptions/{kept['id']}/code", {})
        seen = look_up(clerk, fresh.json["code"])
        captured = capture(clerk, kept["id"])
        cancelled = resident.delete(f"/redemptions/{dropped['id']}")
        states = [resident.get(f"/redemptions/{each['id']}").json["state"] for each in (kept, dropped)]
        control = resident.get("/rewards")
    assert [answer.status_code for answer in (fresh, seen, captured, cancelled)] == [201, 200, 200, 200]
    assert states == ["captured", "released"]
    assert (control.status_code, control.json["code"]) == (503, "books_unavailable")
