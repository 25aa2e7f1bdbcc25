"""Threads that post at the same moment share a journey, and each hears what its own command was answered."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from time import monotonic, sleep
from typing import Any

import pytest
import redis

from points.errors import Refused
from points.ledger import Ledger
from points.ledger import transfer as t
from points.ledger.awaited import Awaited
from points.ledger.refusals import LEDGER_FULL, LEDGER_UNREACHABLE
from points.ledger.request import Request
from points.ledger.together import MOST, Together
from tests.points.ledger.town import Town


def request_of(name: str) -> Request:
    return Request("earn", name, "", (), "")


def until(true: Callable[[], bool]) -> None:
    limit = monotonic() + 10
    while not true():
        assert monotonic() < limit, "it did not come to pass"
        sleep(0.001)


class Server:
    """Answers each request with its own id and the time; a journey with `slow` waits for the bell."""

    def __init__(self, fault: Exception | None = None) -> None:
        self.journeys: list[list[str]] = []
        self.bell = threading.Event()
        self.fault = fault

    def run(self, requests: Sequence[Request], at_ms: int) -> list[str]:
        names = [request.id for request in requests]
        self.journeys.append(names)
        if "slow" in names:
            assert self.bell.wait(10)
        if self.fault is not None and "bad" in names:
            raise self.fault
        return [f"{name} at {at_ms}" for name in names]


@contextmanager
def behind_a_slow_one(together: Together, server: Server) -> Iterator[Callable[..., Future[str]]]:
    """While one journey is under way; what is asked then waits, in its order. The journey ends with the block."""
    with ThreadPoolExecutor(100) as threads:
        slow = threads.submit(together.ask, request_of("slow"), 1)
        until(lambda: server.journeys == [["slow"]])

        def ask(name: str, at_ms: int = 1, awaited: Awaited | None = None) -> Future[str]:
            waiting = len(together._waiting)
            asked = threads.submit(together.ask, request_of(name), at_ms, awaited)
            until(lambda: len(together._waiting) == waiting + 1)
            return asked

        try:
            yield ask
        finally:
            server.bell.set()
        assert slow.result(10) == "slow at 1"


def test_commands_that_wait_travel_together_at_the_latest_of_their_times() -> None:
    server = Server()
    together = Together(server.run, 1, late_seconds=60)
    with behind_a_slow_one(together, server) as ask:
        asked = [ask("a", 5), ask("b", 9), ask("c", 7)]
    assert [each.result(10) for each in asked] == ["a at 9", "b at 9", "c at 9"]
    assert server.journeys == [["slow"], ["a", "b", "c"]]


def test_a_command_that_comes_alone_leaves_at_once() -> None:
    server = Server()
    together = Together(server.run, journeys=2)
    with behind_a_slow_one(together, server):
        assert together.ask(request_of("a"), 3) == "a at 3"
    assert server.journeys == [["slow"], ["a"]]


def test_who_comes_behind_a_journey_that_hangs_leaves_beside_it() -> None:
    server = Server()
    together = Together(server.run, journeys=1, late_seconds=0.05)
    with behind_a_slow_one(together, server), ThreadPoolExecutor(2) as others:
        assert sorted(others.map(lambda name: together.ask(request_of(name), 1), "ab")) == ["a at 1", "b at 1"]
        assert sorted(name for journey in server.journeys[1:] for name in journey) == ["a", "b"]
    assert together._free == 1  # as many as before, though three were under way


def test_no_journey_carries_more_than_its_most() -> None:
    server = Server()
    together = Together(server.run, 1, late_seconds=60)
    with behind_a_slow_one(together, server) as ask:
        asked = [ask(f"a{number}") for number in range(MOST + 3)]
    assert [each.result(10) for each in asked] == [f"a{number} at 1" for number in range(MOST + 3)]
    assert [len(journey) for journey in server.journeys] == [1, MOST, 3]


@pytest.mark.parametrize("fault", [LEDGER_FULL(why="no memory"), ValueError("a bug")], ids=["refused", "broken"])
def test_a_journey_that_fails_is_gone_again_by_each_alone(fault: Exception) -> None:
    server = Server(fault)
    together = Together(server.run, 1, late_seconds=60)
    with behind_a_slow_one(together, server) as ask:
        good, bad, better = ask("good"), ask("bad"), ask("better")
    assert (good.result(10), better.result(10)) == ("good at 1", "better at 1")
    assert bad.exception(10) is fault
    assert server.journeys[:2] == [["slow"], ["good", "bad", "better"]]
    assert sorted(server.journeys[2:]) == [["bad"], ["better"], ["good"]]
    assert together.ask(request_of("later"), 2) == "later at 2"


def test_a_server_that_cannot_be_asked_is_told_to_all_at_once() -> None:
    server = Server(LEDGER_UNREACHABLE(why="gone"))
    together = Together(server.run, 1, late_seconds=60)
    with behind_a_slow_one(together, server) as ask:
        asked = [ask("a"), ask("bad"), ask("c")]
    told = [each.exception(10) for each in asked]
    assert [getattr(each, "code", None) for each in told] == ["ledger_unreachable"] * 3
    assert len({id(each) for each in told}) == 3, "an exception belongs to one thread"
    assert server.journeys == [["slow"], ["a", "bad", "c"]]
    assert together.ask(request_of("later"), 2) == "later at 2"


class Away(BaseException):
    """A thread is called away in the midst of its waiting."""


def _called_away(*_: object) -> None:
    raise Away


def test_a_thread_that_is_called_away_keeps_nobody_waiting() -> None:
    server = Server()
    together = Together(server.run, 1, late_seconds=60)
    before = signal.signal(signal.SIGUSR2, _called_away)
    try:
        with behind_a_slow_one(together, server) as ask:
            first = ask("first")
            caller = threading.get_ident()

            def call_away() -> None:
                until(lambda: len(together._waiting) == 2)
                signal.pthread_kill(caller, signal.SIGUSR2)

            with ThreadPoolExecutor(1) as other:
                other.submit(call_away)
                with pytest.raises(Away):
                    together.ask(request_of("called away"), 1)
            last = ask("last")
        assert (first.result(10), last.result(10)) == ("first at 1", "last at 1")
    finally:
        signal.signal(signal.SIGUSR2, before)
    assert server.journeys == [["slow"], ["first", "last"]]


@pytest.mark.parametrize("where", ["_lead", "_journey", "_pass_on"])
def test_a_leader_that_is_called_away_leaves_the_lead_to_the_next(where: str) -> None:
    """Wherever it is called away: before its journey, in it, or after it."""
    together = Together(Server().run, 1, late_seconds=60)

    def call_away(frame: Any, event: str, _: object) -> Any:
        if frame.f_code is getattr(Together, where).__code__ and event == ("return" if where == "_pass_on" else "call"):
            raise Away
        return call_away

    def ask() -> None:
        sys.settrace(call_away)
        try:
            together.ask(request_of("called away"), 1)
        finally:
            sys.settrace(None)

    with ThreadPoolExecutor(1) as other, pytest.raises(Away):
        other.submit(ask).result(10)
    assert together.ask(request_of("later"), 2) == "later at 2"


def test_a_forked_process_does_not_wait_for_threads_it_does_not_have() -> None:
    server = Server()
    together = Together(server.run, 1, late_seconds=60)
    with behind_a_slow_one(together, server) as ask:
        waiting = ask("waiting")
        read, write = os.pipe()
        child = os.fork()
        if child == 0:
            signal.alarm(5)
            os.write(write, together.ask(request_of("child"), 4).encode())
            os._exit(0)
        os.close(write)
        assert os.waitpid(child, 0)[1] == 0
        assert os.read(read, 100) == b"child at 4"
        os.close(read)
    assert waiting.result(10) == "waiting at 1"


# Where answers wait for the journal


class Tray:
    """Keeps what is handed in at one time; tells nobody by itself."""

    def __init__(self) -> None:
        self.piles: list[list[Awaited]] = []
        self.left: list[Awaited] = []

    def hand_in(self, answers: Sequence[Awaited]) -> None:
        self.piles.append([*answers])

    def let_go(self, answer: Awaited) -> None:
        self.left.append(answer)


def entry_or_refusal(requests: Sequence[Request], at_ms: int) -> list[str]:
    """As a script answers; `slow` has its own."""
    texts = {"none": "!no_points", "again": "?7", "known": "=3\tknown", "slow": "slow at 1"}
    return [texts.get(request.id, f"{place}\t{request.id}") for place, request in enumerate(requests, 1)]


class Scribe(Server):
    """Answers as the script does."""

    def run(self, requests: Sequence[Request], at_ms: int) -> list[str]:
        super().run(requests, at_ms)
        return entry_or_refusal(requests, at_ms)


def test_answers_of_one_journey_are_handed_in_at_once_and_their_threads_sleep_on_until_told() -> None:
    server, tray = Scribe(), Tray()
    together = Together(server.run, 1, late_seconds=60)
    names = ["a", "none", "known", "again"]
    waits = {name: Awaited(tray, 10) for name in names}
    with behind_a_slow_one(together, server) as ask:
        asked = {name: ask(name, 1, waits[name]) for name in names}
        by_disk = ask("by disk")
        server.bell.set()
        assert asked["none"].result(10) == "!no_points"
        assert asked["again"].result(10) == "?7"
        assert by_disk.result(10) == "5\tby disk"
        assert asked["a"].result(10) == "1\ta"  # who leads comes back to ask by itself
        sleep(0.02)
        assert not asked["known"].done()
        waits["known"].tell(True)
        assert asked["known"].result(10) == "=3\tknown"
        waits["a"].tell(False)
    assert [[(each.number, each.text) for each in pile] for pile in tray.piles] == [[(1, "1\ta"), (3, "3\tknown")]]
    assert (waits["known"].is_sure(), waits["a"].is_sure(), tray.left) == (True, False, [])


def test_an_answer_nobody_tells_of_is_waited_for_no_longer_than_its_time() -> None:
    server, tray = Scribe(), Tray()
    together = Together(server.run, 1, late_seconds=60)
    waits = {name: Awaited(tray, 0.1) for name in ("a", "b")}
    with behind_a_slow_one(together, server) as ask:
        asked = [ask(name, 1, waits[name]) for name in waits]
        sleep(0.3)  # the journey alone takes longer than that, and is waited for
        assert not any(each.done() for each in asked)
        server.bell.set()
        assert [each.result(10) for each in asked] == ["1\ta", "2\tb"]
    assert not any(each.is_sure() for each in waits.values())
    assert {each.text for each in tray.left} == {"1\ta", "2\tb"}


# On a real server


@pytest.fixture
def town(redis_ledger: Ledger, clock: object) -> Town:
    return Town(redis_ledger, clock).opened()


@contextmanager
def held_up(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[int]]:
    """The journey under way waits until the block ends; answers the commands of each journey, one at a time."""
    sizes: list[int] = []
    bell, run = threading.Event(), ledger._run

    def wait_and_run(requests: Sequence[Request], at_ms: int) -> list[str]:
        sizes.append(len(requests))
        assert bell.wait(10)
        return run(requests, at_ms)

    monkeypatch.setattr(ledger, "_together", Together(wait_and_run, 1, late_seconds=60))
    try:
        yield sizes
    finally:
        bell.set()


def _posted(
    ledger: Ledger, commands: Sequence[t.Command], monkeypatch: pytest.MonkeyPatch
) -> tuple[list[Any], list[int]]:
    """What each of the commands is answered when all but the first share the second journey; and the journeys."""

    def post(command: t.Command) -> str:
        try:
            return ledger.post(command).kind
        except Refused as refused:
            return refused.code
        except redis.ResponseError as fault:
            return type(fault).__name__

    with ThreadPoolExecutor(len(commands)) as threads:
        with held_up(ledger, monkeypatch) as sizes:
            asked = []
            for number, command in enumerate(commands):
                asked.append(threads.submit(post, command))
                until(lambda: len(sizes) + len(ledger._together._waiting) == number + 1)  # noqa: B023 - waited for within the round
        return [each.result(10) for each in asked], sizes


def test_each_of_a_shared_journey_is_decided_alone(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    town.earn("rich", 100)
    town.earn("poor", 1)
    ledger = town.ledger
    before = town.holding("rich")
    ledger.post(before)
    commands = [town.holding(who) for who in ("rich", "poor", "rich", "poor", "nobody")]
    commands += [commands[2], t.Release(town.id(), before.id, "changed their mind")]
    answers, sizes = _posted(ledger, commands, monkeypatch)
    assert answers[:2] == ["hold", "insufficient_points"]
    assert answers[2:6] == ["hold", "insufficient_points", "insufficient_points", "hold"]
    assert answers[6] == "release"
    assert sizes[:2] == [1, 6]


def test_a_broken_purse_hurts_nobody_who_travels_with_it(
    town: Town, redis_client: redis.Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    for who in ("a", "b", "broken", "d"):
        town.earn(who, 100)
    redis_client.set(town.ledger.keys.purse("broken"), "no purse")
    commands = [town.holding(who) for who in ("a", "b", "a", "broken", "d")]
    answers, sizes = _posted(town.ledger, commands, monkeypatch)
    assert answers == ["hold", "hold", "hold", "ResponseError", "hold"]
    assert sizes == [1, 4, 1, 1, 1, 1]
