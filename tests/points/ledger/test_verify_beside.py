"""Proving beside postings: `verify` ends while everybody goes on posting, and still sees every edited key."""

from __future__ import annotations

import os
import random
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
import redis

from points.clock import FixedClock
from points.errors import Refused
from points.ledger import Ledger, Stream
from points.ledger import transfer as t
from points.ledger.verify import Proof, verify
from tests.points.ledger.conftest import DISTRICT
from tests.points.ledger.test_proof import TAMPERED
from tests.points.ledger.town import Town

ROUNDS = int(os.environ.get("ROUNDS", "100"))
CLIENTS = 3


@pytest.fixture
def town(redis_ledger: Ledger, clock: FixedClock) -> Town:
    town = Town(redis_ledger, clock).opened()
    town.adjust_stock(1_000_000)
    town.set_offer("cake", 1, limits=(t.PeriodLimit("day", 1_000_000),))
    town.adjust_stock(1_000_000, "cake")
    caps = [(t.Cap(f"acts:{resident}", 100),) for resident in range(1500)]  # more than one part of a comparison
    town.ledger.post_many([town.earning(f"r{resident}", 5, caps=cap) for resident, cap in enumerate(caps)])
    return town


class Postings:
    """Clients that post without a pause, each kind of entry again and again."""

    def __init__(self, town: Town, edited: str = "") -> None:
        self._edited = edited
        self._town, self._ended, self.made = town, threading.Event(), 0
        self._threads = [threading.Thread(target=self._live, args=(seed,)) for seed in range(CLIENTS)]

    def _live(self, seed: int) -> None:
        drawn, town = random.Random(seed), self._town
        while not self._ended.is_set():
            resident = f"r{drawn.randrange(3000)}"
            if resident == self._edited:
                continue
            try:
                earned = town.earn(resident, 9, caps=(t.Cap(f"acts:{resident}", 10**6),))
                hold = town.hold(resident, offer="cake")
                capture = town.capture(hold.id) if drawn.random() < 0.7 else town.release(hold.id)
                if capture.kind == "capture":
                    town.refund(capture.id)
                if drawn.random() < 0.3:
                    town.reverse(earned.id)
            except Refused as refused:
                assert refused.code in ("resident_closed", "ledger_closed"), refused.code  # noqa: PT017 - both pass by themselves
            self.made += 4

    @contextmanager
    def beside(self) -> Iterator[Postings]:
        for thread in self._threads:
            thread.start()
        try:
            yield self
        finally:
            self._ended.set()
            for thread in self._threads:
                thread.join()


def _proved(client: redis.Redis, town: Town) -> tuple[Proof, int]:
    """A proof from the entries there are at its beginning, and how many those were."""
    entries = Stream(client, DISTRICT).read(0, 1_000_000)
    return verify(entries, town.ledger), len(entries)


def _beside_postings(client: redis.Redis, town: Town, proofs: int) -> None:
    followed = 0
    with Postings(town).beside() as postings:
        for _ in range(proofs):
            proof, began = _proved(client, town)
            assert str(proof.difference) == "None"
            followed += proof.entries - began
    print(f"{proofs} proofs beside {postings.made} postings, {followed} entries came while they were made")
    assert followed > 20 * proofs
    assert _proved(client, town)[0].holds_true


def test_a_proof_ends_while_postings_go_on(redis_client: redis.Redis, town: Town) -> None:
    _beside_postings(redis_client, town, 5)


@pytest.mark.torture
@pytest.mark.timeout(0)
def test_many_proofs_end_while_postings_go_on(redis_client: redis.Redis, town: Town) -> None:
    _beside_postings(redis_client, town, 2 * ROUNDS)


def _replace(client: redis.Redis, name: str, old: bytes, new: bytes) -> None:
    key = f"{{d:{DISTRICT}}}:{name}"
    client.set(key, client.get(key).replace(old, new, 1))


BUSY = ("head", "r:lin", "s:cake", "accounts merchant:teahouse")
EDITED: dict[str, Callable[[redis.Redis], object]] = {
    **{where: TAMPERED[where] for where in TAMPERED if where not in BUSY},
    "r:r7": lambda c: _replace(c, "r:r7", b"5 ", b"6 "),
    "s:tea": lambda c: c.incr(f"{{d:{DISTRICT}}}:s:tea"),
    "accounts merchant:bakery": lambda c: c.hset(f"{{d:{DISTRICT}}}:accounts", "merchant:bakery", 1),
}
"""What no posting of the test writes over: a figure that was edited and counted on from stands in the next entry."""


@pytest.mark.parametrize("where", EDITED)
def test_an_edited_key_is_found_while_postings_go_on(redis_client: redis.Redis, town: Town, where: str) -> None:
    town.hold("r0", offer="cake")
    town.release(town.hold("r1", offer="cake").id)
    town.reverse(town.earn("r2", 1).id)
    EDITED[where](redis_client)
    with Postings(town, edited="r7").beside():
        proof, _ = _proved(redis_client, town)
    assert proof.difference is not None
    found = proof.difference.where.removeprefix(f"{{d:{DISTRICT}}}:")
    assert found.startswith(where.rstrip("*"))


def test_a_proof_that_does_not_follow_the_postings_finds_itself_behind(redis_client: redis.Redis, town: Town) -> None:
    """The control: postings do come between."""
    with Postings(town).beside() as postings:
        entries = Stream(redis_client, DISTRICT).read(0, 1_000_000)
        reached, began = postings.made, len(entries)
        while postings.made < reached + 20:
            pass
        proof = verify(entries, town.ledger, following=lambda number: [])
    assert proof.difference is not None
    assert (proof.difference.where, proof.entries) == (f"{{d:{DISTRICT}}}:head", began)
