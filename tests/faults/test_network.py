"""Answers get lost, late, cut or never come, before the ledger and before the web server: nothing moves twice."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from points.ledger.connection import ANSWER_SECONDS
from tests.faults.conftest import Start
from tests.faults.crowd import Crowd
from tests.faults.proxy import Proxy
from tests.faults.service import ROUNDS, Service
from tests.servers import Valkey
from tests.waiting import until

DEADLINE_S = 2 * ANSWER_SECONDS - 0.5
"""Nobody waits twice; a second goes by behind a journey that hangs, and a busy machine has time of its own."""


@pytest.fixture
def behind(private_valkey: Callable[..., Valkey], start: Start) -> Iterator[tuple[Service, Proxy]]:
    """A service whose ledger is behind the proxy."""
    server = private_valkey()
    path = Path(server.socket).with_name("proxy.sock")
    proxy = Proxy(server.socket, path)
    service = start(CIVIC_REDIS_URL=f"unix://{path}", CIVIC_SERVICE_WEB_WORKERS="1")
    yield service, proxy
    proxy.quiet()
    service.stop()
    proxy.close()


@pytest.mark.parametrize(("fault", "comes"), [("lost", b""), ("cut", b"+PO")])
def test_a_connection_that_ends_is_heard_of_at_once(ledger_server: Valkey, fault: str, comes: bytes) -> None:
    with _line(ledger_server, fault) as line:
        assert b"".join(iter(lambda: line.recv(100), b"")) == comes


def test_a_connection_that_is_reset_is_heard_of_at_once(ledger_server: Valkey) -> None:
    with _line(ledger_server, "reset") as line, pytest.raises(ConnectionResetError):
        line.recv(100)


@contextmanager
def _line(server: Valkey, fault: str) -> Iterator[socket.socket]:
    """Somebody who was answered once, and waits for the answer that the fault befalls."""
    proxy = Proxy(server.socket)
    with closing(proxy), socket.create_connection(("127.0.0.1", proxy.port), timeout=10) as line:
        line.sendall(b"PING\r\n")
        assert line.recv(100) == b"+PONG\r\n"
        proxy.begin(fault, chance=1.0)
        line.sendall(b"PING\r\n")
        yield line


def _lossy_ledger(behind: tuple[Service, Proxy], seconds: float) -> None:
    service, proxy = behind
    crowd = Crowd(service, clients=6).begin()
    proxy.begin("lost", "late", "reset", "slow", "cut", chance=0.05)
    time.sleep(seconds)
    proxy.until_each(1)
    proxy.begin("silent", chance=0.02)
    time.sleep(seconds / 2)
    proxy.until_each(2)
    proxy.quiet()
    time.sleep(0.5)
    crowd.reach(20).end().check()
    print(f"{crowd.answered()} answered, slowest {crowd.slowest_s:.1f} s, faults {proxy.done}, {crowd.told}")
    crowd.only("ledger_unreachable")
    assert crowd.slowest_s < DEADLINE_S
    crowd.floors(20)


def test_answers_of_the_ledger_that_are_lost_late_or_never_come_move_nothing_twice(
    behind: tuple[Service, Proxy],
) -> None:
    _lossy_ledger(behind, 6)


@pytest.mark.torture
@pytest.mark.timeout(0)
def test_a_bad_network_to_the_ledger_for_long_moves_nothing_twice(behind: tuple[Service, Proxy]) -> None:
    _lossy_ledger(behind, 6 * ROUNDS)


def _lossy_clients(town: Service, seconds: float) -> None:
    proxy = Proxy(("127.0.0.1", town.port))
    crowd = Crowd(town, clients=6, port=proxy.port).begin()
    proxy.begin("lost", "late", "reset", "slow", "cut", chance=0.2)
    time.sleep(seconds)
    proxy.until_each(1)
    until(lambda: crowd.replayed >= 5)
    proxy.quiet()
    crowd.reach(20).end().check()
    proxy.close()
    print(f"{crowd.answered()} answered, faults {proxy.done}, {crowd.told}")
    crowd.only("no answer")
    assert crowd.replayed >= 5  # what was done, and whose answer was lost, was told again
    crowd.floors(20)


def test_a_client_that_lost_its_answers_asks_again_and_pays_once(town: Service) -> None:
    _lossy_clients(town, 4)


@pytest.mark.torture
@pytest.mark.timeout(0)
def test_clients_on_a_bad_network_for_long_pay_once(town: Service) -> None:
    _lossy_clients(town, 4 * ROUNDS)
