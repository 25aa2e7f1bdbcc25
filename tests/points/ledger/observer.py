"""An observer outside the server: clients that keep every answer they got, and what must still be true of them."""

from __future__ import annotations

import random
import time
from collections import Counter
from datetime import timedelta
from threading import Event, Thread

import redis

from points.clock import SystemClock
from points.errors import Refused
from points.ids import new_id
from points.ledger import Entry, Ledger, Receipt, Stream, connect
from points.ledger import transfer as t
from points.ledger.verify import verify
from tests.points.ledger.conftest import DISTRICT
from tests.servers import Valkey

LIFE = timedelta(minutes=10)


class Observer:
    """Clients on threads of this process. What is not answered is asked again under the same id, until it is."""

    def __init__(self, server: Valkey, clients: int, way: str = "") -> None:
        """They reach the server at its own socket, or by another `way` to it."""
        self.server = server
        self.client = connect(way or server.socket)
        self.slowest_s = 0.0
        self.ledger = Ledger(self.client, DISTRICT, SystemClock())
        self.answers: list[tuple[t.Command, Receipt]] = []
        self.told: Counter[str] = Counter()
        self._clients = clients
        self._stop = Event()
        self._threads: list[Thread] = []

    def id(self) -> str:
        return new_id(SystemClock().now())

    def begin(self) -> Observer:
        now = SystemClock().now()
        self._ask(t.TopUp(self.id(), "civic", 10**9))
        self._ask(t.SetOffer(self.id(), "tea", 3, ("teahouse",), now - LIFE, now + timedelta(days=1)))
        self._ask(t.AdjustStock(self.id(), "tea", 10**6))
        self._threads = [Thread(target=self._live, args=(seed,)) for seed in range(self._clients)]
        for thread in self._threads:
            thread.start()
        return self

    def end(self) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def _ask(self, command: t.Command, patience: float = 20) -> Receipt | None:
        until = time.monotonic() + patience
        while True:
            try:
                receipt = self._post(command)
            except Refused as refused:
                self.told[refused.code] += 1
                if refused.code != "ledger_unreachable":
                    return None
                if self._stop.is_set() or time.monotonic() > until:
                    return None
                time.sleep(0.002)
            else:
                self.told["again" if receipt.replayed else receipt.kind] += 1
                self.answers.append((command, receipt))
                return receipt

    def _post(self, command: t.Command) -> Receipt:
        began = time.monotonic()
        try:
            return self.ledger.post(command)
        finally:
            self.slowest_s = max(self.slowest_s, time.monotonic() - began)

    def _live(self, seed: int) -> None:
        drawn = random.Random(seed)
        while not self._stop.is_set():
            now, resident = SystemClock().now(), f"r{drawn.randint(0, 9)}"
            caps = (t.Cap(f"all:{resident}", 10**8),)
            self._ask(
                t.Earn(self.id(), resident, "civic", drawn.randint(3, 9), now, now + timedelta(days=9), None, caps)
            )
            hold = self._ask(t.Hold(self.id(), resident, "tea", 1, now + LIFE))
            if hold is not None and drawn.random() < 0.7:
                self._ask(t.Capture(self.id(), hold.id, "teahouse", "wei"))
            elif hold is not None:
                self._ask(t.Release(self.id(), hold.id))

    def entries(self) -> list[Entry]:
        stream = Stream(self.client, DISTRICT)
        found: list[Entry] = []
        while chunk := stream.read(len(found), 2000):
            found += chunk
        return found

    def lost(self) -> list[Receipt]:
        """Answered postings that are not there as they were answered."""
        kept = {entry.number: entry for entry in self.entries()}
        return [
            receipt
            for _, receipt in self.answers
            if receipt.number not in kept or kept[receipt.number].receipt.legs != receipt.legs
        ]

    def check(self) -> None:
        """Nothing answered is missing, nothing is doubled, everything adds up."""
        entries = self.entries()
        assert [entry.number for entry in entries] == list(range(1, len(entries) + 1))
        assert len({entry.id for entry in entries}) == len(entries)
        assert self.lost() == []
        for command, receipt in self.answers[-50:]:
            again = self.ledger.post(command)
            assert (again.number, again.legs, again.replayed) == (receipt.number, receipt.legs, True)
        assert verify(entries, self.ledger).difference is None

    def close(self) -> None:
        self.client.close()


def is_up(client: redis.Redis) -> bool:
    try:
        return bool(client.ping())
    except (redis.ConnectionError, redis.TimeoutError):
        return False
