"""The ledger's own file, torn or with a byte flipped: what is loaded is whole, or it is found out."""

from __future__ import annotations

import os
import random
import shutil
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
import redis

from points.clock import SystemClock
from points.errors import Refused
from points.ledger import Entry, Ledger, Stream, connect
from points.ledger.results import Head
from points.ledger.verify import verify
from tests.points.ledger.conftest import DISTRICT
from tests.points.ledger.town import Town
from tests.servers import Valkey

ROUNDS = int(os.environ.get("ROUNDS", "100"))
Make = Callable[..., Valkey]
STREAM = f"{{d:{DISTRICT}}}:entries".encode()


def _told(server: Valkey) -> list[Entry]:
    """A short history with something of everything; the server is ended after it."""
    client = connect(server.socket)
    town = Town(Ledger(client, DISTRICT, SystemClock()), SystemClock()).opened()
    for i in range(12):
        grant = town.earn(f"r{i % 4}", 45, days=10 + i)
        hold = town.hold(f"r{i % 4}")
        if i % 3 == 0:
            town.release(hold.id)
        else:
            town.refund(town.capture(hold.id).id, 7)
        if i % 4 == 0:
            town.reverse(grant.id)
        town.adjust_stock(1)
    town.close("resident:r1")
    entries = Stream(client, DISTRICT).read(0, 1000)
    client.close()
    server.kill()
    return entries


def _file(server: Valkey) -> Path:
    (file,) = (server.directory / "appendonlydir").glob("*.incr.aof")
    return file


def _tear(make: Make, tmp_path: Path, rounds: int) -> None:
    server = make()
    entries = _told(server)
    whole = tmp_path / "whole.aof"
    shutil.copy(_file(server), whole)
    drawn, kept = random.Random(3), Counter[int]()
    for _ in range(rounds):
        shutil.copy(whole, _file(server))
        os.truncate(_file(server), drawn.randrange(whole.stat().st_size))
        server.start()
        client = connect(server.socket)
        ledger, found = Ledger(client, DISTRICT, SystemClock()), Stream(client, DISTRICT).read(0, 1000)
        assert found == entries[: len(found)]
        assert verify(found, ledger).difference is None  # each posting is whole, or absent
        kept[len(found)] += 1
        client.close()
        server.kill()
    assert len(kept) > min(rounds, len(entries)) // 4


def test_a_torn_file_holds_each_posting_whole_or_not_at_all(private_valkey: Make, tmp_path: Path) -> None:
    _tear(private_valkey, tmp_path, 50)


def test_a_torn_file_holds_half_of_what_was_moved_by_two_commands(private_valkey: Make) -> None:
    """The control: plain commands, one for each side of a posting."""
    server = private_valkey()
    plain = redis.Redis(unix_socket_path=server.socket)
    for _ in range(20):
        plain.decrby("lin", 5)
        plain.incrby("teahouse", 5)
    server.kill()
    length, halves = _file(server).stat().st_size, 0
    for part in range(1, 11):
        os.truncate(_file(server), length - part * 61)  # two commands take 67 bytes
        server.start()
        halves += int(plain.get("lin") or 0) + int(plain.get("teahouse") or 0) != 0
        server.kill()
    assert halves > 2
    plain.close()


@pytest.mark.torture
@pytest.mark.timeout(0)
def test_a_file_torn_anywhere_holds_each_posting_whole(private_valkey: Make, tmp_path: Path) -> None:
    _tear(private_valkey, tmp_path, 20 * ROUNDS)


def _contents(client: redis.Redis, journaled: int) -> dict[bytes, object]:
    """Every key of the district but the lists of who has something due, by which no posting is decided.

    Of the stream what follows the journal: the rest waits to be trimmed, and nobody reads it, nor the fields' names.
    """
    read: dict[bytes, Callable[[bytes], object]] = {
        b"string": client.get,
        b"hash": client.hgetall,
        b"zset": lambda key: client.zrange(key, 0, -1, withscores=True),
        b"stream": lambda key: [(name, [*said.values()]) for name, said in client.xrange(key, f"{journaled + 1}-0")],
    }
    prefix = b"{d:%s}:" % DISTRICT.encode()
    helping = (prefix + b"due:", prefix + b"days")
    keys = [key for key in client.keys("*") if key.startswith(prefix) and not key.startswith(helping)]
    return {key: read[client.type(key)](key) for key in keys}


def _found_out(server: Valkey, journaled: list[Entry]) -> bool:
    """Whether opening the ledger after a start, or adding it up against the journal, says that something is wrong.

    What follows the journal is read from the stream as it was loaded, and checked like the rest.
    """
    client = connect(server.socket)
    ledger = Ledger(client, DISTRICT, SystemClock(), fenced=True)
    try:
        if verify(journaled, ledger).difference is not None:
            return True
        ledger.open(Head(journaled[-1].number, journaled[-1].hash))
    except (Refused, ValueError, redis.ResponseError):
        return True
    finally:
        client.close()
    return False


def _flip(make: Make, tmp_path: Path, rounds: int) -> None:
    server = make()
    entries = _told(server)
    journaled = entries[: len(entries) * 2 // 3]
    whole = _file(server).read_bytes()
    server.start()
    plain = redis.Redis(unix_socket_path=server.socket)
    sound = _contents(plain, len(journaled))
    server.kill()
    drawn, told = random.Random(5), Counter[str]()
    while told["changed"] < rounds or (not told["in the stream"] and told["changed"] < 10 * rounds):
        place = drawn.randrange(len(whole))
        flipped = whole[:place] + bytes([whole[place] ^ (1 << drawn.randrange(8))]) + whole[place + 1 :]
        _file(server).write_bytes(flipped)
        try:
            server.start()
        except RuntimeError:
            server.kill()
            told["refused"] += 1
            continue
        loaded = _contents(plain, len(journaled))
        changed = loaded != sound
        found = _found_out(server, journaled)
        told["changed" if changed else "harmless"] += 1
        told["in the stream"] += changed and loaded.get(STREAM) != sound[STREAM]
        unlike = [key for key in loaded.keys() | sound.keys() if loaded.get(key) != sound.get(key)]
        assert found or not changed, f"byte {place} of the file: {unlike}"
        server.kill()
    print(dict(told))
    assert told["in the stream"]
    plain.close()


def test_a_flipped_byte_that_changes_anything_is_found(private_valkey: Make, tmp_path: Path) -> None:
    _flip(private_valkey, tmp_path, 10)


@pytest.mark.torture
@pytest.mark.timeout(0)
def test_every_flipped_byte_that_changes_anything_is_found(private_valkey: Make, tmp_path: Path) -> None:
    _flip(private_valkey, tmp_path, 5 * ROUNDS)
