"""A bad network between postings and the ledger: all are answered in the end, moved once, and nobody waits long."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from points.ledger import connect
from points.ledger.connection import ANSWER_SECONDS
from tests.faults.proxy import FAULTS, Proxy
from tests.faults.service import ROUNDS
from tests.points.ledger.observer import Observer
from tests.servers import Valkey
from tests.waiting import until

CLIENTS = 24
POSTINGS = 1_000
QUICK = tuple(fault for fault in FAULTS if fault != "silent")
DEADLINE_S = 2 * ANSWER_SECONDS + 5.0
"""A posting waits for its connection and for its answer, once each; a busy machine is given some time of its own."""


@pytest.fixture
def way(private_valkey: Callable[..., Valkey]) -> Iterator[tuple[Observer, Proxy]]:
    """Clients of a ledger who reach it through the proxy alone."""
    server = private_valkey()
    path = Path(server.socket).with_name("proxy.sock")
    proxy = Proxy(server.socket, path)
    observer = Observer(server, CLIENTS, str(path))
    yield observer, proxy
    proxy.quiet()
    observer.end()
    observer.close()
    proxy.close()


def _answered(observer: Observer, count: int) -> None:
    give_up_s = 60 + (count - len(observer.answers)) / 10
    until(lambda: len(observer.answers) >= count, within_s=give_up_s)


def _bad_network(way: tuple[Observer, Proxy], postings: int) -> None:
    """Half-open connections come apart from the rest: each of them costs its client the whole deadline."""
    observer, proxy = way
    observer.begin()
    parts = max(1, postings // 10_000)
    for _ in range(parts):
        proxy.begin(*QUICK, chance=0.25)
        _answered(observer, len(observer.answers) + postings * 9 // 10 // parts)
        until(lambda: all(proxy.done[fault] >= 5 for fault in QUICK))
        proxy.begin("silent", chance=0.1)
        hung = proxy.done["silent"]
        until(lambda hung=hung: proxy.done["silent"] >= hung + 3)
        time.sleep(ANSWER_SECONDS + 0.5)  # until who hangs has given up by itself
    proxy.begin(*QUICK, chance=0.25)
    until(lambda: _told_enough(observer, postings))
    proxy.quiet()
    _answered(observer, postings)
    observer.end()
    _check(observer, proxy, postings)


def _told_enough(observer: Observer, postings: int) -> bool:
    """One answer carries what several have posted together; `again` is carried out, though the answer never came."""
    told = observer.told
    return told["again"] >= postings // 50 and all(
        told[kind] >= postings // 20 for kind in ("ledger_unreachable", "earn", "hold", "capture", "release")
    )


def _check(observer: Observer, proxy: Proxy, postings: int) -> None:
    observer.client = connect(observer.server.socket)
    observer.check()
    told = observer.told
    print(f"{len(observer.answers)} answered, slowest {observer.slowest_s:.1f} s, {proxy.done}, {dict(told)}")
    assert len(observer.answers) >= postings
    assert all(proxy.done[fault] >= 3 for fault in FAULTS)
    assert all(proxy.done[fault] >= postings // 500 for fault in QUICK)
    assert _told_enough(observer, postings), told
    assert told.keys() <= {"top_up", "set_offer", "adjust_stock", "earn", "hold", "capture", "release"} | {
        "again",
        "ledger_unreachable",
    }
    assert ANSWER_SECONDS <= observer.slowest_s < DEADLINE_S


def test_a_thousand_postings_over_a_bad_network_move_once_and_keep_their_deadline(
    way: tuple[Observer, Proxy],
) -> None:
    _bad_network(way, POSTINGS)


@pytest.mark.torture
@pytest.mark.timeout(0)
def test_very_many_postings_over_a_bad_network_move_once(way: tuple[Observer, Proxy]) -> None:
    _bad_network(way, POSTINGS * ROUNDS)
