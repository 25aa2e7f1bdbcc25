"""An observer outside the service: residents and clerks over HTTP who keep each answer, and what must be true after."""

from __future__ import annotations

import http.client
import json
import random
import time
from collections import Counter
from dataclasses import dataclass, field
from threading import Event, Thread
from typing import Any, ClassVar

from backend.journal.check import compare, lag
from backend.journal.reading import sound_entries
from backend.kit.clock import fresh_id
from backend.kit.db import db
from backend.wiring import ledger
from points.clock import SystemClock
from points.ids import derived_id, new_id
from tests.app import DISTRICT
from tests.backend.rewards.people import Market
from tests.cast import Cast
from tests.faults.service import Service
from tests.waiting import until

POINTS, PRICE = 100_000, 3
PATIENCE_S = 60.0
LOST = (OSError, http.client.HTTPException)


@dataclass(frozen=True)
class Answer:
    status: int
    body: Any
    replayed: bool

    @property
    def code(self) -> str:
        return str(self.body.get("code", "")) if isinstance(self.body, dict) else ""


class Line:
    """One person's connection. A request without an answer, or with 503, is sent again with its own key."""

    def __init__(self, port: int, token: str, *, keep: bool = True, wait_s: float = 10) -> None:
        self.port, self.token, self._keep, self._wait_s = port, token, keep, wait_s
        self._connection: http.client.HTTPConnection | None = None

    def once(self, method: str, path: str, body: Any = None, key: str = "") -> Answer:
        """Ask once; raises what went wrong on the way."""
        if self._connection is None:
            self._connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=self._wait_s)
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}
        headers |= {"Idempotency-Key": key} if key else {}
        text = None if method in ("GET", "DELETE") else json.dumps(body or {})
        try:
            self._connection.request(method, f"/api/v1{path}", text, headers)
            response = self._connection.getresponse()
            content = response.read()
        except BaseException:
            self.hang_up()
            raise
        if not self._keep:
            self.hang_up()
        replayed = response.headers.get("Idempotency-Replayed") == "true"
        return Answer(response.status, json.loads(content) if content else None, replayed)

    def hang_up(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


@dataclass
class Kept:
    """What one key was answered."""

    path: str
    body: dict[str, Any]
    answer: Answer
    token: str


@dataclass
class Resident:
    id: str
    token: str
    redeemed: set[str] = field(default_factory=set)
    captured: set[str] = field(default_factory=set)
    cancelled: set[str] = field(default_factory=set)
    unknown: set[str] = field(default_factory=set)
    """Keys that were sent and never answered."""


class Crowd:
    """Residents who redeem, show, hand over and cancel at one shop, each on a thread of this process."""

    def __init__(
        self, service: Service, clients: int, *, keep: bool = True, port: int = 0, rest_s: float = 0.0
    ) -> None:
        self.service, self.kept, self.told = service, {}, Counter[str]()
        self.replayed = 0
        self._port = port
        self.slowest_s, self.longest_gap_s = 0.0, 0.0
        self._keep, self._rest_s = keep, rest_s
        self._stop, self._gone = Event(), Event()
        self._threads: list[Thread] = []
        self._last_answer = time.monotonic()
        Crowd.begun.append(self)
        with service.inside() as app:
            market, mark = Market(Cast(app)), fresh_id()[-6:]
            shop = market.merchant(f"泉边书店（虚构）{mark}")
            self.clerks = [market.clerk(shop, f"柜台-{mark}-{number}").token for number in range(clients)]
            self.reward = market.reward(shop, stock=1_000_000, price=PRICE)
            people = [market.resident(POINTS, f"虚构居民{number}") for number in range(clients)]
            self.residents = [Resident(person.id, person.token) for person in people]
            give_up_at = time.monotonic() + 20
            while people[0].get(f"/rewards/{self.reward}").json["state"] != "published":
                assert time.monotonic() < give_up_at
                time.sleep(0.05)

    kept: dict[str, Kept]
    begun: ClassVar[list[Crowd]] = []
    """Those of the test that runs, to be ended with it."""

    def begin(self) -> Crowd:
        self._stop.clear()
        self._gone.clear()
        self._last_answer = time.monotonic()
        self._threads = [
            Thread(target=self._live, args=(resident, clerk, seed), daemon=True)
            for seed, (resident, clerk) in enumerate(zip(self.residents, self.clerks, strict=True))
        ]
        for thread in self._threads:
            thread.start()
        return self

    def end(self) -> Crowd:
        """Let everybody finish what they began."""
        self._stop.set()
        for thread in self._threads:
            thread.join()
        return self

    def go_away(self) -> Crowd:
        """Nobody is there to answer: let everybody give up what they wait for, which stays unknown to them."""
        self._gone.set()
        return self.end()

    def answered(self) -> int:
        return len(self.kept)

    def _live(self, resident: Resident, clerk: str, seed: int) -> None:
        drawn = random.Random(seed)
        port = self._port or self.service.port
        line, counter = Line(port, resident.token, keep=self._keep), Line(port, clerk, keep=self._keep)
        while not self._stop.is_set():
            key = new_id(SystemClock().now())
            held = self._ask(line, "POST", "/redemptions", {"reward_id": self.reward, "quantity": 1}, key)
            if held is None or held.status != 201:
                resident.unknown.add(key)
                continue
            resident.redeemed.add(key)
            chance = drawn.random()
            if chance < 0.5:
                self._hand_over(counter, resident, held.body)
            elif chance < 0.7:
                gone = self._ask(line, "DELETE", f"/redemptions/{key}")
                if gone is not None and gone.status == 200:
                    assert gone.body["state"] == "released"
                    resident.cancelled.add(key)
                else:
                    resident.unknown.add(key)
            elif chance < 0.8:
                self._ask(line, "GET", f"/redemptions/{key}")
            self._stop.wait(self._rest_s)
        line.hang_up()
        counter.hang_up()

    def _hand_over(self, counter: Line, resident: Resident, held: dict[str, Any]) -> None:
        seen = self._ask(counter, "POST", "/merchant/redemptions/lookup", {"code": held["code"]})
        if seen is None or seen.status != 200:
            return
        key = new_id(SystemClock().now())
        done = self._ask(counter, "POST", f"/merchant/redemptions/{held['id']}/capture", {}, key)
        (resident.captured if done is not None and done.status == 200 else resident.unknown).add(
            held["id"] if done is not None and done.status == 200 else key
        )

    def _ask(self, line: Line, method: str, path: str, body: Any = None, key: str = "") -> Answer | None:
        give_up_at = time.monotonic() + PATIENCE_S
        while time.monotonic() < give_up_at and not self._gone.is_set():
            began = time.monotonic()
            try:
                answer = line.once(method, path, body, key)
            except LOST as lost:
                self.told[f"no answer: {type(lost).__name__}"] += 1
            else:
                self._note(method, path, answer, began)
                if answer.status != 503:
                    if key and answer.status < 300:
                        self.kept[key] = Kept(path, body, answer, line.token)
                        self.replayed += answer.replayed
                    return answer
            time.sleep(0.02)
        return None

    def _note(self, method: str, path: str, answer: Answer, began: float) -> None:
        now = time.monotonic()
        self.slowest_s = max(self.slowest_s, now - began)
        if answer.status < 300:
            self.longest_gap_s = max(self.longest_gap_s, now - self._last_answer)
            self._last_answer = now
        what = path.rsplit("/", 1)[-1] if path.endswith(("lookup", "capture")) else f"{method} {path.split('/')[1]}"
        self.told[f"{what} {answer.status} {answer.code if answer.status >= 400 else ''}".strip()] += 1

    @property
    def refused(self) -> dict[str, int]:
        """What was answered other than yes, and what was not answered."""
        told = self.told.copy()  # more may be told meanwhile
        return {what: count for what, count in told.items() if not any(f" {ok}" in what for ok in (200, 201))}

    def reach(self, least: int) -> Crowd:
        """Go on until that much was accepted: how much it is in a second is the machine's."""
        until(lambda: self._has(least))
        return self

    def floors(self, least: int) -> None:
        """Enough was accepted of each kind: a service that refuses everything does not pass."""
        assert self._has(least), self.told

    def _has(self, least: int) -> bool:
        """Redemptions, and a part of them handed over or cancelled."""
        return (
            sum(len(each.redeemed) for each in self.residents) >= least
            and sum(len(each.captured) for each in self.residents) >= least // 5
            and sum(len(each.cancelled) for each in self.residents) >= least // 20
        )

    def only(self, *allowed: str) -> None:
        """Nothing but yes, the named codes, and (where allowed) `no answer`."""
        others = [what for what in self.refused if not what.endswith(allowed) and not what.startswith(allowed)]
        assert others == [], self.told

    def check(self) -> None:
        """Nothing answered is missing, nothing is doubled, everything adds up; asked again, the first answer comes."""
        with self.service.inside():
            drained(60)
            entries = list(sound_entries(DISTRICT))
            assert compare(DISTRICT).holds, compare(DISTRICT).line
            made = Counter((entry.kind, entry.id) for entry in entries)
            holds: dict[str, set[str]] = {}
            captures: Counter[str] = Counter()
            for entry in entries:
                if entry.kind == "hold":
                    holds.setdefault(entry.content[0], set()).add(entry.id)
                elif entry.kind == "capture":
                    captures[entry.content[0]] += 1
            for key, kept in self.kept.items():
                kind = "capture" if kept.path.endswith("/capture") else "hold"
                assert made[kind, key] == 1, f"{kind} {key} is in the journal {made[kind, key]} times"
            assert all(count == 1 for count in captures.values())
            for each in self.residents:
                self._check_one(each, holds.get(each.id, set()), captures, made)
        self._check_repeats()

    def _check_one(
        self, each: Resident, holds: set[str], captures: Counter[str], made: Counter[tuple[str, str]]
    ) -> None:
        assert each.redeemed <= holds <= each.redeemed | each.unknown
        assert all(captures[key] == 1 for key in each.captured)
        assert all(made["release", derived_id(key, "cancel")] == 1 for key in each.cancelled)
        if not each.unknown:
            kept = len(each.redeemed) - len(each.cancelled)
            assert ledger(DISTRICT).balance(each.id).available == POINTS - PRICE * kept

    def _check_repeats(self) -> None:
        for key, kept in list(self.kept.items())[-20:]:
            line = Line(self.service.port, kept.token)
            again = line.once("POST", kept.path, kept.body, key)
            line.hang_up()
            assert (again.body, again.replayed) == (kept.answer.body, True)


def drained(within_s: float) -> float:
    """Wait until the service's own worker has brought the journal to the ledger's end; the seconds it took."""
    began = time.monotonic()
    while lag(DISTRICT) > 0:
        assert time.monotonic() - began < within_s, f"{lag(DISTRICT)} entries are not in the journal"
        db.session.rollback()  # else the snapshot of the first look stays
        time.sleep(0.05)
    db.session.rollback()
    return time.monotonic() - began
