"""Proof by recomputing, and the way back: entries alone rebuild the ledger, and any edited key is found and named."""

from __future__ import annotations

import copy
import random
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import redis

from backend.cli.servers import valkey
from points.clock import FixedClock
from points.ledger import Entry, Head, Ledger, Stream, connect
from points.ledger import transfer as t
from points.ledger.memory import MemoryLedger
from points.ledger.rebuild import Replay
from points.ledger.state import Broken
from points.ledger.verify import Proof, verify
from tests.points.ledger.conftest import DISTRICT
from tests.points.ledger.histories import History
from tests.points.ledger.town import Town, refused
from tests.servers import Valkey


@pytest.fixture(scope="module")
def server(servers_directory: Path) -> Iterator[Valkey]:
    """A server of this module's own that keeps nothing on disk: here contents are compared."""
    directory = servers_directory / "proof"
    directory.mkdir()
    spec = valkey.ledger_server(directory)
    started = Valkey(replace(spec, extra=("--appendonly", "no"))).start()
    yield started
    started.kill()


@pytest.fixture(scope="module")
def told(server: Valkey) -> tuple[History, dict[bytes, bytes]]:
    """500 random steps on a ledger and its twin, told once; and every key of the ledger after them."""
    clock, client = FixedClock(datetime(2026, 11, 22, 2, 0, tzinfo=UTC)), connect(server.socket)
    real = Ledger(client, DISTRICT, clock, skew_limit_seconds=None)
    history = History(real, MemoryLedger(DISTRICT, clock), clock, Counter())
    history.begin()
    drawn = random.Random(7)
    for _ in range(500):
        history.step(*drawn.randbytes(4))
    assert all(history.seen[kind] for kind in ("capture", "refund", "reverse", "release", "set_gate", "receive_across"))
    return history, {key: client.dump(key) for key in client.keys("*")}


@pytest.fixture
def redis_client(server: Valkey) -> Iterator[redis.Redis]:
    client = connect(server.socket)
    client.flushall()
    yield client
    client.close()


@pytest.fixture
def history(redis_client: redis.Redis, told: tuple[History, dict[bytes, bytes]]) -> History:
    """The told history, on a server that has just its keys."""
    first, keys = told
    for key, kept in keys.items():
        redis_client.restore(key, 0, kept)
    clock, books = copy.deepcopy((first.clock, first.twin._books))
    twin = MemoryLedger(DISTRICT, clock)
    twin._books = books
    real = Ledger(redis_client, DISTRICT, clock, skew_limit_seconds=None)
    lists = {name: list(getattr(first, name)) for name in ("posted", "holds", "grants", "captures")}
    return History(real, twin, clock, Counter(), **lists)


def entries_of(client: redis.Redis) -> list[Entry]:
    return Stream(client, DISTRICT).read(0, 10_000)


def check(client: redis.Redis, ledger: Ledger) -> Proof:
    return verify(entries_of(client), ledger)


def test_what_entries_add_up_to_is_what_the_ledger_keeps(redis_client: redis.Redis, history: History) -> None:
    proof = check(redis_client, history.real)
    assert str(proof.difference) == "None"
    assert proof.entries == history.real.head().number > 120
    assert proof.residents == 3


def test_entries_alone_rebuild_the_ledger_and_it_goes_on_as_before(redis_client: redis.Redis, history: History) -> None:
    entries = entries_of(redis_client)
    head = history.real.head()
    redis_client.flushall()
    seen: list[int] = []
    assert Replay(redis_client, DISTRICT).run(iter(entries[:150]), seen.append).number == 150
    assert Replay(redis_client, DISTRICT).run(iter(entries[150:]), seen.append) == head  # goes on where it stopped
    assert seen == [150, head.number]
    with refused("ledger_closed"):
        history.real.sweep()
        history.real.post(history.posted[0])
    assert history.real.open(head) == head
    assert verify(entries, history.real).difference is None
    drawn = random.Random(8)
    for _ in range(100):
        history.step(*drawn.randbytes(4))
    assert Stream(redis_client, DISTRICT).read(0)[0].number == head.number + 1


def test_entries_that_do_not_follow_are_not_replayed(redis_client: redis.Redis, history: History) -> None:
    entries = entries_of(redis_client)
    for number, wrong in (
        (2, entries[3:5]),
        (0, [replace(entries[0], text=entries[0].text.replace("250", "251"))]),
        (0, [replace(entries[0], hash="0" * 40)]),
    ):
        redis_client.flushall()
        Replay(redis_client, DISTRICT).run(entries[:number])
        with pytest.raises(Broken) as found:
            Replay(redis_client, DISTRICT).run(wrong)
        assert found.value.number == wrong[0].number


def _first(client: redis.Redis, pattern: str) -> str:
    return sorted(key.decode() for key in client.scan_iter(match=f"{{d:{DISTRICT}}}:{pattern}"))[0]


def _last(client: redis.Redis, pattern: str) -> str:
    return sorted(key.decode() for key in client.scan_iter(match=f"{{d:{DISTRICT}}}:{pattern}"))[-1]


def _one_more(client: redis.Redis, key: str) -> None:
    text = client.get(key).decode()
    client.set(key, text.replace(text.split(" ")[0], str(int(text.split(" ")[0]) + 1), 1))


TAMPERED: dict[str, Callable[[redis.Redis], object]] = {
    "r:lin": lambda c: _one_more(c, _first(c, "r:lin")),
    "r:nobody": lambda c: c.set(f"{{d:{DISTRICT}}}:r:nobody", "5 0 0\n"),
    "accounts merchant:teahouse": lambda c: c.hincrby(_first(c, "accounts"), "merchant:teahouse", 1),
    "accounts fund:ghost": lambda c: c.hset(_first(c, "accounts"), "fund:ghost", 1),
    "c:acts": lambda c: c.incr(_first(c, "c:*")),
    "s:cake": lambda c: c.incr(_first(c, "s:cake")),
    "o:tea": lambda c: c.append(_first(c, "o:tea"), "day,1;"),
    "q:": lambda c: c.set(_first(c, "q:*"), "day 2026-11-22 77;"),
    "i:": lambda c: c.delete(_last(c, "i:*")),  # the first ones may have been forgotten
    "e:": lambda c: c.append(_first(c, "e:*"), "x"),
    "x:": lambda c: c.set(_first(c, "x:*"), "somebody"),
    "i:*": lambda c: c.set(f"{{d:{DISTRICT}}}:i:01900000-0000-7000-8000-000000000001", "x"),
    "accounts closed:": lambda c: c.hset(_first(c, "accounts"), "closed:resident:hao", "3"),
    "accounts lot:3": lambda c: c.hset(_first(c, "accounts"), "lot:3", "closed"),
    "holds": lambda c: c.zadd(f"{{d:{DISTRICT}}}:holds", {"ghost": 5}),
    "opens:7": lambda c: c.zadd(f"{{d:{DISTRICT}}}:opens:7", {"ghost": 5}),
    "head": lambda c: _one_more(c, f"{{d:{DISTRICT}}}:head"),
}


@pytest.mark.parametrize("where", TAMPERED)
def test_a_tampered_key_is_named(redis_client: redis.Redis, history: History, where: str) -> None:
    if where == "head":
        redis_client.set(f"{{d:{DISTRICT}}}:head", redis_client.get(f"{{d:{DISTRICT}}}:head").replace(b"\t", b"1\t", 1))
    else:
        TAMPERED[where](redis_client)
    difference = check(redis_client, history.real).difference
    assert difference is not None
    assert difference.where.removeprefix(f"{{d:{DISTRICT}}}:").startswith(where)


@pytest.mark.parametrize("number", [2, 40, 120])
def test_an_edited_entry_is_named(redis_client: redis.Redis, history: History, number: int) -> None:
    entries = entries_of(redis_client)
    edited = replace(entries[number - 1], text=entries[number - 1].text.replace("\t1", "\t2", 1))
    entries[number - 1] = edited
    difference = verify(entries, history.real).difference
    assert difference is not None
    assert difference.where == f"entry {number}"


def test_a_missing_entry_is_named(redis_client: redis.Redis, history: History) -> None:
    entries = entries_of(redis_client)
    del entries[60]
    difference = verify(entries, history.real).difference
    assert difference is not None
    assert (difference.where, difference.found) == ("entry 62", "entry 62: follows 60".partition(": ")[2])


def test_a_trimmed_stream_keeps_the_number_and_the_chain(redis_client: redis.Redis, history: History) -> None:
    stream, head = Stream(redis_client, DISTRICT), history.real.head()
    entries = stream.read(0, 10_000)
    assert [entry.number for entry in entries] == list(range(1, head.number + 1))
    assert all(entry.is_true for entry in entries)
    assert stream.trim(100) == 100
    rest = stream.read(0, 10_000)
    assert (rest[0].number, rest[0].prev, rest[-1].hash) == (101, entries[99].hash, head.hash)
    assert stream.read(head.number) == []
    assert history.real.open(Head(100, entries[99].hash)) == head
    with refused("ledger_forked"):
        history.real.open(Head(100, "0" * 40))
    with refused("ledger_forked"):
        history.real.open(Head(50, entries[49].hash))  # entries 51 to 100 are nowhere
    with refused("ledger_behind"):
        history.real.open(Head(head.number + 1, "0" * 40))


@pytest.mark.parametrize(
    ("key", "fault"),
    [("s:tea", "the stock of tea is 7, not 17"), ("c:month", "15 points count against month, not 9")],
)
def test_a_figure_that_was_edited_and_then_counted_on_is_found(
    redis_ledger: Ledger, redis_client: redis.Redis, clock: FixedClock, key: str, fault: str
) -> None:
    town = Town(redis_ledger, clock).opened()
    caps = (t.Cap("month", 100),)
    town.earn("lin", 200)
    undone = town.earn("lin", 90, caps=caps)
    town.capture(town.hold("lin", 2).id)
    town.release(town.hold("lin").id)
    town.earn("lin", 6, caps=caps)
    town.reverse(undone.id)
    redis_client.set(f"{{d:{DISTRICT}}}:{key}", {"s:tea": 18, "c:month": 0}[key])
    number = {"c:month": town.earn("lin", 9, caps=caps).number, "s:tea": town.hold("lin").number}[key]
    found = check(redis_client, redis_ledger).difference
    assert found is not None
    assert (found.where, found.found) == (f"entry {number}", fault)


# Changed by hand, acted on, and put back: the keys agree with the entries, but the entries do not follow


def _refund_again(town: Town, edit: redis.Redis) -> None:
    capture = town.capture(town.hold("lin").id)
    town.refund(capture.id)
    edit.delete(f"{{d:{DISTRICT}}}:f:{capture.id}")
    town.earn("rich", 400)
    town.capture(town.hold("rich").id)
    town.refund(capture.id)


def _edit_purse(before: str, after: str) -> Callable[[Town, redis.Redis], None]:
    def act(town: Town, edit: redis.Redis) -> None:
        key = f"{{d:{DISTRICT}}}:r:lin"
        text = edit.get(key).decode()
        assert before in text
        edit.set(key, text.replace(before, after, 1))
        town.hold("lin")
        town.earn("lin", 10, opens_at=town.now + timedelta(days=3))

    return act


def _forget_the_window(town: Town, edit: redis.Redis) -> None:
    town.set_offer(limits=(t.PeriodLimit("day", 1),))
    town.hold("lin")
    edit.delete(f"{{d:{DISTRICT}}}:q:tea:lin")
    town.hold("lin")


def _change_for_a_moment(key: str, before: str, after: str) -> Callable[[Town, redis.Redis], None]:
    def act(town: Town, edit: redis.Redis) -> None:
        name = f"{{d:{DISTRICT}}}:{key}"
        text = edit.get(name).decode()
        edit.set(name, text.replace(before, after, 1))
        town.hold("lin")
        edit.set(name, text)

    return act


def _open_for_a_moment(town: Town, edit: redis.Redis) -> None:
    town.close("resident:lin")
    accounts = f"{{d:{DISTRICT}}}:accounts"
    closed = edit.hget(accounts, "closed:resident:lin")
    edit.hdel(accounts, "closed:resident:lin")
    town.hold("lin")
    edit.hset(accounts, "closed:resident:lin", closed)


def _open_a_grant_twice(town: Town, edit: redis.Redis) -> None:
    opens = town.now + timedelta(days=1)
    grant = town.earn("lin", 50, opens_at=opens)
    town.earn("lin", 60, opens_at=opens + timedelta(days=5))
    town.clock.at = opens + timedelta(minutes=1)
    assert town.ledger.sweep() == 1
    name = f"{{d:{DISTRICT}}}:opens:{int(opens.timestamp()) // 86_400}"
    edit.zadd(name, {grant.id: int(opens.timestamp() * 1000)})
    edit.zadd(f"{{d:{DISTRICT}}}:days", {f"o:{name.rpartition(':')[2]}": int(name.rpartition(":")[2])})
    assert town.ledger.sweep() == 1


def _lift_the_ceiling(town: Town, edit: redis.Redis) -> None:
    caps = (t.Cap("month", 20),)
    town.earn("lin", 15, caps=caps)
    edit.set(f"{{d:{DISTRICT}}}:c:month", "3")
    town.earn("lin", 15, caps=caps)


BEHIND_ITS_BACK = {
    "a capture refunded twice": (_refund_again, "0 points are left to refund"),
    "points held that nobody holds": (_edit_purse(" 0 0\n", " 5 0\n"), "it says H,lin,35"),
    "points pending that nobody granted": (_edit_purse(" 0 0\n", " 0 5\n"), "it says P,lin,15"),
    "a limit forgotten": (_forget_the_window, "2 of tea in 2026-11-22, at most 1"),
    "a price for a moment": (_change_for_a_moment("o:tea", "30\t", "1\t"), "tea is offered for 30"),
    "a gate open for a moment": (_open_for_a_moment, "resident:lin is closed"),
    "a grant opened twice": (_open_a_grant_twice, "does not wait to be opened"),
    "a ceiling lifted": (_lift_the_ceiling, "30 points count against month"),
}


@pytest.mark.parametrize("what", BEHIND_ITS_BACK)
def test_what_was_changed_by_hand_and_acted_on_is_found_in_the_entry(
    redis_ledger: Ledger, redis_client: redis.Redis, clock: FixedClock, what: str
) -> None:
    act, fault = BEHIND_ITS_BACK[what]
    town = Town(redis_ledger, clock).opened()
    town.earn("lin", 300)
    assert check(redis_client, redis_ledger).difference is None
    act(town, redis_client)
    found = check(redis_client, redis_ledger).difference
    assert found is not None
    assert found.where.startswith("entry ")
    assert fault in found.found


def test_a_key_that_will_go_by_itself_is_named(
    redis_ledger: Ledger, redis_client: redis.Redis, clock: FixedClock
) -> None:
    town = Town(redis_ledger, clock).opened()
    town.earn("lin", 300)
    purse = f"{{d:{DISTRICT}}}:r:lin"
    redis_client.expire(purse, 1000)
    found = check(redis_client, redis_ledger).difference
    assert found is not None
    assert (found.where, found.expected) == (purse, "a key that stays")


def test_an_index_that_would_keep_a_lot_for_ever_is_named(
    redis_ledger: Ledger, redis_client: redis.Redis, clock: FixedClock
) -> None:
    town = Town(redis_ledger, clock).opened()
    town.earn("lin", 300, days=30)
    due = redis_ledger.keys.due(int((town.now + timedelta(days=30)).timestamp() * 1000))
    redis_client.zadd(due, {"lin": 9e15})
    found = check(redis_client, redis_ledger).difference
    assert found is not None
    assert (found.where, found.expected) == (due, "lin")


def test_what_a_head_from_the_future_lets_expire_is_named(
    redis_ledger: Ledger, redis_client: redis.Redis, clock: FixedClock
) -> None:
    town = Town(redis_ledger, clock).opened()
    town.earn("lin", 300, days=30)
    head = f"{{d:{DISTRICT}}}:head"
    number, digest, at, *rest = redis_client.get(head).decode().split("\t")
    redis_client.set(head, "\t".join((number, digest, str(int(at) + 10 * 365 * 86_400_000), *rest)))
    edited = redis_ledger.head().number
    assert redis_ledger.sweep() == 1
    found = check(redis_client, redis_ledger).difference
    assert found is not None
    assert (found.where, found.found) == (f"entry {edited + 1}", "it is of a time to come that no command came from")


def test_what_was_posted_while_all_clocks_were_ahead_is_no_difference(
    redis_ledger: Ledger, redis_client: redis.Redis, clock: FixedClock
) -> None:
    town = Town(redis_ledger, clock).opened()
    today = town.now
    town.earn("lin", 300, days=30)
    clock.at = today + timedelta(days=40)
    town.earn("lin", 300)
    assert redis_ledger.sweep() == 1
    clock.at = today
    assert check(redis_client, redis_ledger).difference is None
