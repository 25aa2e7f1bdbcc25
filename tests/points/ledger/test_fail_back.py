"""A primary that followed its replica and was promoted again is not the ledger it was, though it never stopped."""

from __future__ import annotations

import pytest

from points.ledger import GENESIS, Entry, Head, wire
from points.ledger.rebuild import Replay
from points.ledger.verify import verify
from tests.points.ledger.conftest import DISTRICT
from tests.points.ledger.test_fence import Make, Port, Worker, catch_up, head_of, soon
from tests.points.ledger.town import refused
from tests.servers import Valkey

A_WHILE = 3600.0


class Pair:
    """Two servers that are each other's replica in turn. The first one is the primary."""

    def __init__(self, make: Make, ports: tuple[int, int]) -> None:
        self.ports = ports
        self.servers = [
            make("--port", str(port), "--bind", "127.0.0.1", "--repl-diskless-sync-delay", "0") for port in self.ports
        ]

    @property
    def first(self) -> Valkey:
        return self.servers[0]

    def follow(self, one: int) -> None:
        """Let a server take over all that the other one has."""
        with self.servers[one].client() as client:
            client.execute_command("REPLICAOF", "127.0.0.1", self.ports[1 - one])
            soon(lambda: client.info("replication")["master_link_status"] == "up")
            with self.servers[1 - one].client() as other:
                soon(lambda: other.execute_command("WAIT", 1, 1000) == 1)

    def promote(self, one: int) -> None:
        with self.servers[one].client() as client:
            client.execute_command("REPLICAOF", "NO", "ONE")


@pytest.fixture
def apart(private_valkey: Make, free_port: Port) -> Pair:
    """Neither follows the other yet."""
    return Pair(private_valkey, (free_port(), free_port()))


@pytest.fixture
def pair(apart: Pair) -> Pair:
    apart.follow(1)
    return apart


@pytest.fixture
def idle(pair: Pair) -> Worker:
    """Opened the ledger and posted the two entries that both servers have; its connection stands."""
    worker = Worker(pair.first.socket)
    worker.ledger.open(Head(0, GENESIS))
    worker.post(2)
    with pair.first.client() as client:
        assert client.execute_command("WAIT", 1, 5000) == 1
    return worker


@pytest.fixture
def busy(pair: Pair, idle: Worker) -> Worker:
    """Posted five more, which the promoted replica lacks."""
    worker = Worker(pair.first.socket)
    pair.promote(1)
    worker.post(5)
    return worker


@pytest.fixture
def journal(busy: Worker) -> list[Entry]:
    return busy.journal()


@pytest.fixture
def failed_back(pair: Pair, journal: list[Entry]) -> Pair:
    """The first server has the second one's entries now, and was never started anew."""
    pair.follow(0)
    pair.promote(0)
    assert len(journal) == 7
    return pair


def test_a_primary_that_followed_its_replica_takes_nothing_until_it_has_caught_up(
    failed_back: Pair, idle: Worker, busy: Worker, journal: list[Entry], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wire, "RUN_SECONDS", 0.0)
    fresh = Worker(failed_back.first.socket)
    for worker in (fresh, idle, busy):
        with refused("ledger_closed"):
            worker.post()
    with refused("ledger_behind"):
        fresh.ledger.open(head_of(journal))
    catch_up(fresh, journal)
    for worker in (fresh, idle, busy):
        worker.post()
    assert verify(fresh.journal(), fresh.ledger).difference is None


def test_who_was_answered_more_refuses_a_ledger_that_has_less(
    failed_back: Pair, idle: Worker, busy: Worker, journal: list[Entry], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where its connection takes the run for the one that was opened, and where the journal knows no better."""
    monkeypatch.setattr(wire, "RUN_SECONDS", A_WHILE)
    with refused("ledger_lacks") as found:
        busy.post()
    assert found.value.details == {"ledger": 2, "seen": 7}
    assert busy.ledger.head().number == 2
    with refused("ledger_lacks"):
        busy.ledger.open(head_of(journal[:2]))


def test_who_was_refused_by_a_replica_asks_again_which_run_it_is_in(
    pair: Pair, busy: Worker, idle: Worker, journal: list[Entry], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wire, "RUN_SECONDS", A_WHILE)
    pair.follow(0)
    with refused("ledger_closed"):
        idle.post()
    pair.promote(0)
    with refused("ledger_closed"):
        idle.post()
    assert idle.ledger.head().number == 2


def test_a_connection_learns_of_a_new_run_when_the_old_one_is_refused(
    apart: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A server's first replica begins a history; the ledger is matched anew, and who stands by goes on at once."""
    monkeypatch.setattr(wire, "RUN_SECONDS", A_WHILE)
    worker, other = Worker(apart.first.socket), Worker(apart.first.socket)
    worker.ledger.open(Head(0, GENESIS))
    worker.post(2)
    other.post()
    apart.follow(1)
    with refused("ledger_closed"):
        Worker(apart.first.socket).post()
    worker.ledger.open(head_of(worker.journal()))
    worker.post()
    other.post()
    assert other.ledger.head().number == 5


def test_a_later_epoch_is_followed_and_an_earlier_one_refused(private_valkey: Make) -> None:
    """What was given up is no longer waited for by those who had been answered."""
    server = private_valkey()
    worker, other = Worker(server.socket), Worker(server.socket)
    worker.ledger.open(Head(0, GENESIS))
    worker.post(5)
    other.post()
    journal = worker.journal()[:3]
    with server.client() as client:
        client.flushall()
        Replay(worker.client, DISTRICT, epoch=1).run(journal)
        worker.ledger.open(head_of(journal), epoch=1)
        worker.post()
        other.post()
        head = f"{{d:{DISTRICT}}}:head"
        client.set(head, str(client.get(head))[:-1] + "0")
    for each in (worker, other):
        with refused("ledger_epoch"):
            each.post()
    assert worker.ledger.head().number == 5
