"""Verify holds each entry against its own command: what no command asked for is named, though all figures agree."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import redis

from points.clock import FixedClock, to_ms
from points.ids import new_id
from points.ledger import Ledger, Stream
from points.ledger import transfer as t
from points.ledger.entry import GENESIS, Entry, chained, entry_of
from points.ledger.keys import DAY_MS
from points.ledger.rebuild import Replay
from points.ledger.verify import verify
from tests.points.ledger.conftest import DISTRICT
from tests.points.ledger.town import Town

Legs = list[tuple[str, int, int]]


class Forger:
    """Writes entries that add up and are hashed as they should be, after six true ones.

    Lin has 70 points in lot 4, 30 are held (`hold`); the teahouse has 30 (`capture`), the fund 99,870.
    """

    def __init__(self, ledger: Ledger, client: redis.Redis, clock: FixedClock) -> None:
        self.ledger, self.client, self.now = ledger, client, to_ms(clock.now())
        town = Town(ledger, clock).opened()
        self.earning = town.earn("lin", 130).id
        sold = town.hold("lin").id
        self.capture = town.capture(sold).id
        self.hold = town.hold("lin").id
        self.ids = [town.id() for _ in range(3)]
        self.old_id = new_id(clock.now() - timedelta(days=100))
        self.lot = f"civic,{self.now}"
        self.ends = self.now + 365 * DAY_MS
        self.texts = [entry.text for entry in Stream(client, DISTRICT).read(0)]

    @property
    def number(self) -> int:
        return len(self.texts) + 1

    def add(self, kind: str, amount: int, legs: Legs, content: list[Any], changes: list[str], **also: Any) -> None:
        said: dict[str, Any] = {"id": self.ids[0], "at": self.now, "data": "", "fingerprint": "ab"} | also
        moved = "\t".join(f"{account}\t{points}\t{after}" for account, points, after in legs)
        head = f"{self.number}\t{said['id']}\t{kind}\t{said['at']}\t{amount}\t{said['fingerprint']}"
        words = "\t".join(str(each) for each in content)
        self.texts.append("\n".join((head, moved, "", said["data"], words, "\t".join(changes))))

    def found(self) -> str | None:
        """What verify finds in a ledger that was put together from the entries."""
        entries: list[Entry] = []
        prev = GENESIS
        for text in self.texts:
            entries.append(entry_of(prev, chained(prev, text), text))
            prev = entries[-1].hash
        self.client.flushall()
        Replay(self.client, DISTRICT).run(entries)
        difference = verify(entries, self.ledger).difference
        assert difference is None or difference.where == f"entry {len(entries)}"
        return None if difference is None else difference.found


@pytest.fixture
def forger(redis_ledger: Ledger, redis_client: redis.Redis, clock: FixedClock) -> Forger:
    return Forger(redis_ledger, redis_client, clock)


def _earn(f: Forger, amount: int, asked: int, **other: Any) -> None:
    said: dict[str, Any] = {
        "to": "lin",
        "before": 70,
        "by": "fund:civic",
        "left": 99_870,
        "ends": f.ends,
        "told": f.ends,
    } | other
    legs = [(said["by"], -amount, said["left"] - amount), (f"resident:{said['to']}", amount, said["before"] + amount)]
    content = ["lin", "civic", asked, f.now, said["told"], "", ""]
    f.add("earn", amount, legs, content, [f"L,{said['to']},{f.number},{amount},{f.lot},{said['ends']}"])


def _capture(f: Forger, merchant: str = "teahouse", amount: str = "", **also: Any) -> None:
    legs = [("held", -30, 0), (f"merchant:{merchant}", 30, 60 if merchant == "teahouse" else 30)]
    changes = ["H,lin,0", f"E,{f.hold},captured,30,teahouse"]
    f.add("capture", 30, legs, [f.hold, "teahouse", "wei", amount], changes, data="released\t0", **also)


def _give_up(f: Forger, kind: str, to: str, lot: str, **also: Any) -> None:
    after = 100 if to == "resident:lin" else 99_900
    end = {"release": "released", "time_out": "timed_out"}[kind]
    changes = ["S,tea,9", "H,lin,0", f"E,{f.hold},{end},0,", *([lot] if lot else [])]
    f.add(kind, 30, [("held", -30, 0), (to, 30, after)], [f.hold, ""], changes, **also)


def _refund(f: Forger, amount: int, to: str = "lin", capture: str = "") -> None:
    capture = capture or f.capture
    after = 70 + amount if to == "lin" else amount
    legs = [("merchant:teahouse", -amount, 30 - amount), (f"resident:{to}", amount, after)]
    changes = [f"L,{to},4,{after},{f.lot},{f.ends}", f"F,{capture},{amount}"]
    f.add("refund", amount, legs, [capture, "", "zhou", "broken"], changes, data="refundable\t0")


def _reverse(f: Forger, left: int, *closing: str, lost: int = 60, of: str = "") -> None:
    taken, undone = 70 - left, of or f.earning
    legs = [("resident:lin", -taken, left), ("fund:civic", taken, 99_870 + taken)] if taken else []
    changes = [f"L,lin,4,{left},{f.lot},{f.ends}"] if taken else []
    content = [undone, "zhou", "qian", "wrong"]
    f.add("reverse", taken, legs, content, [*changes, *closing, f"X,{undone},{f.ids[0]}"], data=f"lost\t{lost}")


def _spend_the_last_first(f: Forger) -> None:
    _earn(f, 40, 40, ends=f.now + DAY_MS, told=f.now + DAY_MS)
    legs = [("resident:lin", -30, 80), ("held", 30, 60)]
    changes = ["H,lin,60", f"T,4,30,{f.lot},{f.ends},40", "S,tea,7"]
    f.add("hold", 30, legs, ["lin", "tea", 1, f.now + 900_000], changes, id=f.ids[1])


def _spend_two(f: Forger, *order: int) -> None:
    _earn(f, 40, 40)
    parts = [f"T,4,70,{f.lot},{f.ends},0", f"T,8,20,{f.lot},{f.ends},20"]
    changes = ["H,lin,120", *(parts[i] for i in order), "S,tea,5"]
    legs = [("resident:lin", -90, 20), ("held", 90, 120)]
    f.add("hold", 90, legs, ["lin", "tea", 3, f.now + 900_000], changes, id=f.ids[1])


FORGED: dict[str, tuple[Callable[[Forger], None], str]] = {
    "more than was asked": (lambda f: _earn(f, 500, 5), "it is of 500 points, not 5"),
    "more than the fund has": (lambda f: _earn(f, 99_871, 99_871), "fund:civic is below zero: -1"),
    "to somebody else": (lambda f: _earn(f, 5, 5, to="mei", before=0), "it moves -5 fund:civic, +5 resident:mei"),
    "from another fund": (lambda f: _earn(f, 5, 5, by="fund:ghost", left=0), "not -5 fund:civic, +5 resident:lin"),
    "a lot that lives longer": (lambda f: _earn(f, 5, 5, ends=f.ends + DAY_MS), "it says L,lin,8,5,"),
    "a lot that was over": (lambda f: _earn(f, 5, 5, ends=f.now, told=f.now), "it expired at"),
    "captured too late": (lambda f: _capture(f, at=f.now + DAY_MS), "the time of its hold is over at"),
    "captured by another": (lambda f: _capture(f, merchant="kiosk"), "it moves -30 held, +30 merchant:kiosk"),
    "captured for more": (lambda f: _capture(f, amount="3"), "it is of 30 points, not 3"),
    "given up to another lot": (
        lambda f: _give_up(f, "release", "resident:lin", f"L,lin,77,30,{f.lot},{f.ends}"),
        "it says L,lin,77,30,",
    ),
    "given up to the fund": (lambda f: _give_up(f, "release", "fund:civic", ""), "it moves +30 fund:civic, -30 held"),
    "timed out too soon": (
        lambda f: _give_up(f, "time_out", "resident:lin", f"L,lin,4,100,{f.lot},{f.ends}", fingerprint=""),
        "the time of its hold is over at",
    ),
    "refunded more than captured": (lambda f: _refund(f, 31), "it is of 31 points, not 30"),
    "refunded to another": (lambda f: _refund(f, 30, to="mei"), "it moves -30 merchant:teahouse, +30 resident:mei"),
    "refunded what is nowhere": (lambda f: _refund(f, 30, capture=f.ids[2]), "names what is nowhere"),
    "undone in part": (lambda f: _reverse(f, 20, "Z,4", lost=80), "it is of 50 points, not 70"),
    "more lost than was spent": (lambda f: _reverse(f, 0, "Z,4", lost=61), "60 points are lost, not 61"),
    "room for a cap that was not": (
        lambda f: _reverse(f, 0, "Z,4", "C,-130,month"),
        "it says C,-130,month, not nothing",
    ),
    "undone though no grant": (lambda f: _reverse(f, 0, "Z,4", of=f.capture), "is no grant"),
    "undone and not closed": (lambda f: _reverse(f, 0), "it says nothing, not Z,4"),
    "expired while it lives": (
        lambda f: f.add(
            "expire",
            70,
            [("resident:lin", -70, 0), ("fund:civic", 70, 99_940)],
            ["lin"],
            [f"L,lin,4,0,{f.lot},{f.ends}"],
            id="expire:lin:1",
            fingerprint="",
        ),
        "it is of 70 points, not 0",
    ),
    "the last lot first": (_spend_the_last_first, "it says T,4,30,"),
    "lots in another order": (lambda f: _spend_two(f, 1, 0), "it says something twice, or in another order"),
    "said twice": (lambda f: _reverse(f, 0, "Z,4", "Z,4"), "it says something twice, or in another order"),
    "more taken than in stock": (
        lambda f: f.add("adjust_stock", 0, [], ["tea", -9], ["S,tea,-1"]),
        "the stock of tea is 8, not 9",
    ),
    "more sent than said": (
        lambda f: f.add(
            "send_across",
            5,
            [("resident:lin", -50, 20), ("clearing:370102", 50, 50)],
            ["lin", "370102", 5],
            [f"L,lin,4,20,{f.lot},{f.ends}"],
        ),
        "it moves +50 clearing:370102, -50 resident:lin, not",
    ),
    "points from a gate": (
        lambda f: f.add(
            "set_gate",
            0,
            [("fund:civic", -5, 99_865), ("merchant:kiosk", 5, 5)],
            ["offer:tea", 1, "zhou", "why"],
            ["G,1,offer:tea"],
        ),
        "it moves -5 fund:civic, +5 merchant:kiosk, not nothing",
    ),
    "paid in the other way round": (
        lambda f: f.add("top_up", -5, [("world", 5, -99_995), ("fund:civic", -5, 99_865)], ["civic", -5, ""], []),
        "it is of -5 points",
    ),
    "offered for nothing": (
        lambda f: f.add("set_offer", 0, [], ["tea", 0, f.now, f.ends, "teahouse", "", ""], []),
        "tea is offered for 0",
    ),
    "a hold of nothing": (
        lambda f: f.add("hold", 0, [], ["lin", "tea", 0, f.now + 900_000], ["H,lin,30", "S,tea,8"]),
        "tea is offered for 30",
    ),
    "captured for nothing": (lambda f: _capture(f, amount="0"), "30 points are held, not 0"),
    "paid out below zero": (
        lambda f: f.add(
            "settle", 31, [("merchant:teahouse", -31, -1), ("world", 31, -99_969)], ["teahouse", 31, ""], []
        ),
        "merchant:teahouse is below zero: -1",
    ),
    "a gift": (
        lambda f: f.add("gift", 5, [("world", -5, -100_005), ("fund:civic", 5, 99_875)], ["civic"], []),
        "gift is no kind of entry",
    ),
    "an old id": (
        lambda f: f.add(
            "top_up", 5, [("world", -5, -100_005), ("fund:civic", 5, 99_875)], ["civic", 5, ""], [], id=f.old_id
        ),
        "its id is of another time",
    ),
    "words that are missing": (
        lambda f: f.add("top_up", 5, [("world", -5, -100_005), ("fund:civic", 5, 99_875)], ["civic"], []),
        "it cannot be read",
    ),
}


@pytest.mark.parametrize("what", FORGED)
def test_what_no_command_asked_for_is_found_in_the_entry(forger: Forger, what: str) -> None:
    assert forger.found() is None
    forge, fault = FORGED[what]
    forge(forger)
    found = forger.found()
    assert found is not None
    assert fault in found


def test_what_a_command_asked_for_is_no_fault(forger: Forger) -> None:
    _spend_two(forger, 0, 1)
    assert forger.found() is None


def test_a_record_changed_acted_on_and_put_back_is_found(
    redis_ledger: Ledger, redis_client: redis.Redis, clock: FixedClock
) -> None:
    town = Town(redis_ledger, clock).opened()
    town.earn("lin", 100)
    hold = town.holding("lin", 2)
    redis_ledger.post(hold)
    key, ends = redis_ledger.keys.record(hold.id), str(to_ms(hold.expires_at))
    text = redis_client.get(key)
    assert isinstance(text, bytes)
    clock.advance(days=2)
    redis_client.set(key, text.replace(ends.encode(), str(to_ms(town.now) + 1000).encode()))
    number = town.capture(hold.id).number
    redis_client.set(key, text)
    found = verify(Stream(redis_client, DISTRICT).read(0), redis_ledger).difference
    assert found is not None
    assert (found.where, found.found) == (f"entry {number}", f"the time of its hold is over at {ends}")


def test_refunds_and_undoings_of_what_the_ledger_has_forgotten_are_taken_as_posted(
    redis_ledger: Ledger, redis_client: redis.Redis, clock: FixedClock
) -> None:
    town = Town(redis_ledger, clock).opened()
    town.set_offer(ends_at=town.now + timedelta(days=200))
    undone = town.earn("lin", 100)
    capture = town.capture(town.hold("lin").id)
    town.refund(capture.id, 10)
    town.reverse(undone.id)
    clock.advance(days=60)
    redis_ledger.post(t.TopUp(town.id(), "civic", 1))
    entries = Stream(redis_client, DISTRICT).read(0)
    assert redis_ledger.forget(entries) > 3
    assert verify(entries, redis_ledger).difference is None
