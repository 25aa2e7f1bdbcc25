"""One exchange with the server: a script and its answer, or a named refusal when the server cannot be asked."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeVar

import redis
from hiredis import pack_command
from redis.exceptions import (
    AskError,
    ClusterDownError,
    MovedError,
    NoScriptError,
    OutOfMemoryError,
    ReadOnlyError,
    ResponseError,
    TryAgainError,
)

from points.ledger import refusals as no
from points.ledger.cluster import Client, Cluster, owner_of
from points.ledger.connection import ask_run
from points.ledger.script import Script

T = TypeVar("T")
Line = Any
"""A connection of the client, which ships no types for what is used of it here."""


REST_SECONDS = 0.02
"""A connection that rested longer is looked at before it is used."""
RUN_SECONDS = 1.0
"""How long a connection's answer about the server's run is taken for fresh: a server can be made to follow another, and
be promoted again, while its connections stand."""
_CLOSED = b"!ledger_closed"


class _Lines:
    """Connections to one server: those in use are with whoever asks, the others rest here."""

    def __init__(self, server: redis.Redis) -> None:
        self._pool = server.connection_pool
        self._idle: list[tuple[Line, float]] = []
        self._pid = os.getpid()

    def take(self) -> Line:
        """A connection nobody else uses. One that rested is looked at first: the server may have closed it.

        One that broke is made once more; not one whose server was waited for in vain, as nobody is to wait twice.
        """
        if self._pid != os.getpid():
            self._idle, self._pid = [], os.getpid()
        try:
            line, since = self._idle.pop()
        except IndexError:
            line, since = self._pool.make_connection(), 0.0
        try:
            line.connect()
            if time.monotonic() - since > REST_SECONDS and line.can_read():
                line.disconnect()
                line.connect()
        except redis.ConnectionError:
            line.disconnect()
            line.connect()
        return line

    def back(self, line: Line) -> None:
        self._idle.append((line, time.monotonic()))


class Wire:
    """Asks the server that holds a district, on connections that its client makes.

    In a cluster that may be another one tomorrow: a server that says so has done nothing, and the other is asked.
    """

    def __init__(self, client: Client, prefix: str) -> None:
        self._client, self._prefix = client, prefix
        self._moves = isinstance(client, Cluster)
        self._lines: _Lines | None = None
        self._stale = False

    def run(
        self,
        script: Script,
        keys: Sequence[str],
        args: Sequence[str],
        then: Callable[[Line, bytes | list[bytes]], None] | None = None,
    ) -> bytes | list[bytes]:
        """Run a script once, then what must be said on the same connection.

        The server's run is put in as third argument. NOSCRIPT means that the script did not run: it is loaded and asked
        again. So it is when it refused a run of the server which is over by now.
        """

        named: tuple[str | int, ...] = (len(keys), *keys, *args[:2])

        def talk(line: Line) -> bytes | list[bytes]:
            if time.monotonic() - line.run_asked > RUN_SECONDS:
                ask_run(line)
            answer: bytes | list[bytes] = _evaluate(line, script, (*named, line.run, *args[2:]))
            if answer == _CLOSED and _has_moved(line):
                answer = _evaluate(line, script, (*named, line.run, *args[2:]))
            if then is not None:
                then(line, answer)
            return answer

        return self._with(talk)

    def call(self, script: Script, keys: Sequence[str], args: Sequence[str]) -> object:
        """Run a script that need not know the server's run."""
        return self._with(lambda line: _evaluate(line, script, (len(keys), *keys, *args)))

    def ask(self, *command: str | int) -> object:
        """One plain command, and its answer."""
        return self._with(lambda line: (line.send_command(*command), line.read_response())[1])

    def ask_all(self, commands: Iterable[Sequence[str | int]]) -> list[object]:
        """Several plain commands in one journey, and their answers."""
        listed = list(commands)
        if not listed:
            return []

        def talk(line: Line) -> list[object]:
            line.send_packed_command(line.pack_commands(listed))
            answers = [_read(line) for _ in listed]
            for answer in answers:
                if isinstance(answer, MovedError):
                    raise answer
            return answers

        answers = self._with(talk)
        for answer in answers:
            if isinstance(answer, ResponseError):
                raise _meaning(answer) from answer
        return answers

    def _with(self, talk: Callable[[Line], T]) -> T:
        try:
            return self._once(talk)
        except MovedError:
            self._forget()
        try:
            return self._once(talk)
        except MovedError as again:
            raise no.LEDGER_UNREACHABLE(why=str(again)) from again

    def _once(self, talk: Callable[[Line], T]) -> T:
        lines, line = self._take()
        whole = False
        try:
            answer = talk(line)
            whole = True
        except (redis.ConnectionError, redis.TimeoutError) as lost:
            self._forget()
            raise no.LEDGER_UNREACHABLE(why=type(lost).__name__) from lost
        except MovedError:
            whole = True
            raise
        except ResponseError as said:
            whole, line.run_asked = True, 0.0  # it may have become a replica, and be promoted soon
            raise _meaning(said) from said
        finally:
            if whole:
                lines.back(line)
            else:
                line.disconnect()
        return answer

    def _take(self) -> tuple[_Lines, Line]:
        """A connection to whoever holds the district; where one cannot be made, the cluster is asked who does."""
        try:
            try:
                lines = self._lines or self._meet()
                return lines, lines.take()
            except (redis.ConnectionError, redis.TimeoutError):
                if not self._moves:
                    raise
            self._forget()
            lines = self._meet()
            return lines, lines.take()
        except (redis.ConnectionError, redis.TimeoutError) as lost:
            raise no.LEDGER_UNREACHABLE(why=str(lost)) from lost
        except ResponseError as said:  # a new connection asks for the server's run first
            raise _meaning(said) from said

    def _meet(self) -> _Lines:
        if self._stale and isinstance(self._client, Cluster):
            self._client.look_again()
        self._lines = lines = _Lines(owner_of(self._client, self._prefix))
        self._stale = False
        return lines

    def _forget(self) -> None:
        """In a cluster somebody else may hold the district now."""
        if self._moves:
            self._lines, self._stale = None, True


def _evaluate(line: Line, script: Script, rest: Sequence[str | int]) -> Any:
    asked = [pack_command(("EVALSHA", script.sha, *rest))]  # type: ignore[arg-type]  # its stub names one element
    line.send_packed_command(asked, check_health=False)
    try:
        return line.read_response()
    except NoScriptError:
        line.send_command("SCRIPT", "LOAD", script.text)
        line.read_response()
        line.send_packed_command(asked, check_health=False)
        return line.read_response()


def _has_moved(line: Line) -> bool:
    """Whether the server is in another run than the connection knew."""
    known = line.run
    ask_run(line)
    return bool(line.run != known)


def _read(line: Line) -> object:
    """One of several answers: an error must not leave the others unread."""
    try:
        return line.read_response()
    except ResponseError as said:
        return said


def _meaning(said: ResponseError) -> Exception:
    text = str(said)
    if isinstance(said, OutOfMemoryError) or "OOM" in text or "MISCONF" in text or "NOREPLICAS" in text:
        return no.LEDGER_FULL(why=text)
    if isinstance(said, ReadOnlyError) or "READONLY" in text or "MASTERDOWN" in text:
        return no.LEDGER_CLOSED(why=text)
    if isinstance(said, (AskError, ClusterDownError, TryAgainError)) or text.startswith(("BUSY", "UNBLOCKED")):
        return no.LEDGER_UNREACHABLE(why=text)
    return said
