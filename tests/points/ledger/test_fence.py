"""A ledger that is not the one it was refuses every posting, until it is matched with the journal again."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
import redis

from points.clock import SystemClock
from points.errors import Refused
from points.ids import new_id
from points.ledger import GENESIS, Entry, Head, Ledger, Stream, connect, owner_of
from points.ledger.rebuild import Replay
from points.ledger.transfer import TopUp
from points.ledger.verify import verify
from points.ledger.wire import Wire
from tests.points.ledger.conftest import DISTRICT
from tests.points.ledger.town import refused
from tests.servers import Valkey
from tests.waiting import until

Make = Callable[..., Valkey]
Port = Callable[[], int]
soon = partial(until, within_s=20.0)
HASTY, PATIENT = 0.3, 20.0
"""Seconds to wait for what does not come, and for what does: how soon it does is the machine's."""


class Worker:
    """A process that posts, and a journal that has read what it posted."""

    def __init__(self, where: str) -> None:
        self.client = connect(where)
        self.ledger = Ledger(self.client, DISTRICT, SystemClock(), fenced=True)

    def post(self, times: int = 1) -> None:
        for _ in range(times):
            self.ledger.post(TopUp(new_id(SystemClock().now()), "civic", 1))

    def journal(self) -> list[Entry]:
        return Stream(self.client, DISTRICT).read(0, 1000)


def head_of(journal: list[Entry]) -> Head:
    return Head(journal[-1].number, journal[-1].hash) if journal else Head(0, GENESIS)


def catch_up(worker: Worker, journal: list[Entry]) -> None:
    """As the command does: replay what the journal has more, match, open."""
    number = worker.ledger.head().number
    Replay(worker.client, DISTRICT).run(entry for entry in journal if entry.number > number)
    worker.ledger.open(head_of(journal))


def test_a_fenced_ledger_takes_nothing_before_it_is_opened(private_valkey: Make) -> None:
    worker = Worker(private_valkey().socket)
    with refused("ledger_closed"):
        worker.post()
    worker.ledger.open(Head(0, GENESIS))
    worker.post(3)
    worker.ledger.close()
    with refused("ledger_closed"):
        worker.post()
    worker.ledger.open(head_of(worker.journal()))
    worker.post()


def test_closing_what_is_not_there_makes_nothing(private_valkey: Make) -> None:
    worker = Worker(private_valkey().socket)
    worker.ledger.close()
    assert owner_of(worker.client, "").dbsize() == 0
    with refused("ledger_closed"):
        worker.post()


def test_a_restarted_server_takes_postings_again_only_when_it_was_matched(private_valkey: Make) -> None:
    server = private_valkey()
    worker = Worker(server.socket)
    worker.ledger.open(Head(0, GENESIS))
    worker.post(5)
    server.restart()
    with refused("ledger_closed"):
        worker.post()
    other = Worker(server.socket)
    with refused("ledger_closed"):
        other.post()
    other.ledger.open(head_of(other.journal()))
    worker.post()
    other.post()


def test_an_old_file_put_back_is_refused_until_it_has_caught_up(private_valkey: Make, tmp_path: Path) -> None:
    server = private_valkey()
    worker = Worker(server.socket)
    worker.ledger.open(Head(0, GENESIS))
    worker.post(5)
    server.kill()
    shutil.copytree(server.directory / "appendonlydir", tmp_path / "old")
    server.start()
    worker.ledger.open(head_of(worker.journal()))
    worker.post(5)
    journal = worker.journal()
    server.kill()
    shutil.rmtree(server.directory / "appendonlydir")
    shutil.copytree(tmp_path / "old", server.directory / "appendonlydir")
    server.start()

    assert worker.ledger.head().number == 5
    with refused("ledger_closed"):
        worker.post()
    with refused("ledger_behind"):
        worker.ledger.open(head_of(journal))
    with refused("ledger_closed"):
        worker.post()
    catch_up(worker, journal)
    worker.post()
    assert worker.ledger.head().number == 11
    assert verify(worker.journal(), worker.ledger).difference is None


@pytest.fixture
def pair(private_valkey: Make, free_port: Port) -> tuple[Valkey, Valkey]:
    """A primary and its replica, in step."""
    port = free_port()
    at_once = ("--repl-diskless-sync-delay", "0")
    primary = private_valkey("--port", str(port), "--bind", "127.0.0.1", "--protected-mode", "no", *at_once)
    replica = private_valkey("--replicaof", f"127.0.0.1 {port}")
    soon(lambda: replica.client().info("replication")["master_link_status"] == "up")
    return primary, replica


def _promote(replica: Valkey) -> None:
    replica.client().execute_command("REPLICAOF", "NO", "ONE")


def _in_step(first: Worker, second: Worker) -> bool:
    return first.ledger.head() == second.ledger.head()


def test_a_promoted_replica_that_lacks_entries_is_refused_until_it_has_caught_up(
    pair: tuple[Valkey, Valkey],
) -> None:
    primary, replica = (Worker(server.socket) for server in pair)
    primary.ledger.open(Head(0, GENESIS))
    primary.post(5)
    soon(lambda: _in_step(primary, replica))
    with refused("ledger_closed"):
        replica.post()  # it is a replica, and of another run
    _promote(pair[1])
    primary.post(3)
    journal = primary.journal()
    pair[0].kill()

    with refused("ledger_closed"):
        replica.post()
    with refused("ledger_behind"):
        replica.ledger.open(head_of(journal))
    catch_up(replica, journal)
    replica.post()
    assert verify(replica.journal(), replica.ledger).difference is None


@pytest.mark.parametrize("written", [1, 3, 6])
def test_a_fork_is_refused_for_good(pair: tuple[Valkey, Valkey], written: int) -> None:
    """The replica is promoted and opened by a worker that had seen less, while the first ledger went on."""
    primary, replica = (Worker(server.socket) for server in pair)
    primary.ledger.open(Head(0, GENESIS))
    primary.post(5)
    seen_less = head_of(primary.journal())
    soon(lambda: _in_step(primary, replica))
    _promote(pair[1])
    primary.post(3)
    journal = primary.journal()
    replica.ledger.open(seen_less)
    replica.post(written)

    with pytest.raises(Refused) as found:
        replica.ledger.open(head_of(journal))
    assert found.value.code == ("ledger_behind" if written < 3 else "ledger_forked")
    replica.ledger.close()
    with refused("ledger_closed"):
        replica.post()
    number = replica.ledger.head().number
    with pytest.raises(Exception, match="hash is not the chain's") if written < 3 else refused("ledger_forked"):
        Replay(replica.client, DISTRICT).run(entry for entry in journal if entry.number > number)
        replica.ledger.open(head_of(journal))
    with refused("ledger_closed"):
        replica.post()


def test_what_is_posted_while_a_ledger_is_matched_is_no_fork(
    private_valkey: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another worker has opened it already, and posts and trims between two looks."""
    worker = Worker(private_valkey().socket)
    worker.ledger.open(Head(0, GENESIS))
    worker.post(3)
    journal, ask, posted = head_of(worker.journal()), Wire.ask, list[int]()

    def slowly(wire: Wire, *command: str | int) -> object:
        if command[0] in {"XRANGE", "XREVRANGE"} and len(posted) < 3:
            worker.post()
            posted.append(worker.ledger.head().number)
            Stream(worker.client, DISTRICT).trim(journal.number)
        return ask(wire, *command)

    monkeypatch.setattr(Wire, "ask", slowly)
    assert worker.ledger.open(journal).number == 6
    assert posted == [4, 5, 6]


def test_a_stream_that_does_not_end_with_the_head_is_refused_when_nothing_is_posted(private_valkey: Make) -> None:
    worker = Worker(private_valkey().socket)
    worker.ledger.open(Head(0, GENESIS))
    worker.post(3)
    journal = worker.journal()
    owner_of(worker.client, "").xdel(f"{{d:{DISTRICT}}}:entries", "3-0")
    with refused("ledger_forked"):
        worker.ledger.open(head_of(journal[:1]))


def test_a_ledger_of_an_epoch_that_is_over_is_not_opened(private_valkey: Make) -> None:
    """It has all that the journal has, and entries that were given up."""
    old, new = (Worker(private_valkey().socket) for _ in range(2))
    old.ledger.open(Head(0, GENESIS))
    old.post(5)
    journal = old.journal()[:3]
    assert Replay(new.client, DISTRICT, epoch=1).run(journal) == head_of(journal)
    new.ledger.open(head_of(journal), epoch=1)
    for worker, wanted in ((old, 1), (new, 0), (new, 2)):
        with refused("ledger_epoch"):
            worker.ledger.open(head_of(journal), epoch=wanted)
    new.post()
    assert owner_of(new.client, "").get(f"{{d:{DISTRICT}}}:head").decode().split("\t")[5] == "1"
    assert Stream(new.client, DISTRICT).written(3)[0] == 1


def test_an_answer_waits_for_the_replica_when_the_level_says_so(pair: tuple[Valkey, Valkey]) -> None:
    client = connect(pair[0].socket)
    ledger = Ledger(client, DISTRICT, SystemClock(), level="replica", wait_seconds=PATIENT)
    hasty = Ledger(client, DISTRICT, SystemClock(), level="replica", wait_seconds=HASTY)
    command = TopUp(new_id(SystemClock().now()), "civic", 1)
    receipt = ledger.post(command)
    other = Ledger(connect(pair[1].socket), DISTRICT, SystemClock())
    assert other.head().number == receipt.number
    pair[1].kill()
    late = TopUp(new_id(SystemClock().now()), "civic", 1)
    for _ in range(2):  # the repeated request waits like the first
        with refused("not_yet_durable"):
            hasty.post(late)
    pair[1].start()
    soon(lambda: pair[1].client().info("replication")["master_link_status"] == "up")
    assert ledger.post(late).replayed
    assert ledger.account("fund:civic") == 2


def test_a_replica_that_keeps_no_file_is_not_waited_for_in_vain(private_valkey: Make, free_port: Port) -> None:
    """It has received the entry; that is not what the level promises. A server that cannot tell counts as before."""
    port = free_port()
    hides = ("--rename-command", "WAITAOF", "HIDDEN")
    for extra, answers in (((), False), (hides, True)):
        primary = private_valkey("--port", str(port), "--bind", "127.0.0.1", "--repl-diskless-sync-delay", "0", *extra)
        replica = private_valkey("--replicaof", f"127.0.0.1 {port}", "--appendonly", "no")
        soon(lambda replica=replica: replica.client().info("replication")["master_link_status"] == "up")
        wait = PATIENT if answers else HASTY
        ledger = Ledger(connect(primary.socket), DISTRICT, SystemClock(), level="replica", wait_seconds=wait)
        command = TopUp(new_id(SystemClock().now()), "civic", 1)
        if answers:
            assert ledger.post(command).number == 1
        else:
            with refused("not_yet_durable"):
                ledger.post(command)
        primary.kill()
        replica.kill()


def test_a_lost_server_file_is_not_taken_for_a_new_ledger(private_valkey: Make) -> None:
    server = private_valkey()
    worker = Worker(server.socket)
    worker.ledger.open(Head(0, GENESIS))
    worker.post(2)
    journal = worker.journal()
    server.kill()
    shutil.rmtree(server.directory / "appendonlydir")
    server.start()
    with refused("ledger_closed"):
        worker.post()
    with refused("ledger_behind"):
        worker.ledger.open(head_of(journal))
    catch_up(worker, journal)
    worker.post()
    assert isinstance(worker.client, redis.Redis)
