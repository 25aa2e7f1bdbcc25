"""Answers get lost, late, cut or never come, before the ledger and before the web server: nothing moves twice."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.faults.conftest import Start
from tests.faults.crowd import Crowd
from tests.faults.proxy import Proxy
from tests.faults.service import ROUNDS, Service
from tests.servers import Valkey

DEADLINE_S = 8.0
"""The ledger is waited for 5 s, and a connection that went bad is made once more."""


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
    crowd.end().check()
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
    proxy.quiet()
    crowd.end().check()
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
