"""One exchange with the server: a script and its answer, or a named refusal when the server cannot be asked."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeVar

import redis
from hiredis import pack_command
from redis.exceptions import NoScriptError, OutOfMemoryError, ReadOnlyError, ResponseError

from points.ledger import refusals as no
from points.ledger.script import Script

T = TypeVar("T")
Line = Any
"""A connection of the client, which ships no types for what is used of it here."""


REST_SECONDS = 0.02
"""A connection that rested longer is looked at before it is used."""


class Wire:
    """Asks one server on connections that its client makes."""

    def __init__(self, client: redis.Redis) -> None:
        self._pool = client.connection_pool
        self._idle: list[tuple[Line, float]] = []
        self._pid = os.getpid()

    def run(
        self,
        script: Script,
        keys: Sequence[str],
        args: Sequence[str],
        then: Callable[[Line, bytes | list[bytes]], None] | None = None,
    ) -> bytes | list[bytes]:
        """Run a script once, then what must be said on the same connection.

        The connection's run of the server is put in as third argument. NOSCRIPT means that the script did not run: it
        is loaded and asked again.
        """

        named: tuple[str | int, ...] = (len(keys), *keys, *args[:2])

        def talk(line: Line) -> bytes | list[bytes]:
            answer = _evaluate(line, script, (*named, line.run_id, *args[2:]))
            if then is not None:
                then(line, answer)
            return answer  # type: ignore[no-any-return]

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
            return [_read(line) for _ in listed]

        answers = self._with(talk)
        for answer in answers:
            if isinstance(answer, ResponseError):
                raise _meaning(answer) from answer
        return answers

    def _with(self, talk: Callable[[Line], T]) -> T:
        line = self._take()
        whole = False
        try:
            answer = talk(line)
            whole = True
        except (redis.ConnectionError, redis.TimeoutError) as lost:
            raise no.LEDGER_UNREACHABLE(why=type(lost).__name__) from lost
        except ResponseError as said:
            whole = True
            raise _meaning(said) from said
        finally:
            if whole:
                self._idle.append((line, time.monotonic()))
            else:
                line.disconnect()
        return answer

    def _take(self) -> Line:
        """A connection nobody else uses. One that rested is looked at first: the server may have closed it."""
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
        except (redis.ConnectionError, redis.TimeoutError):
            line.disconnect()
            try:
                line.connect()
            except (redis.ConnectionError, redis.TimeoutError) as lost:
                raise no.LEDGER_UNREACHABLE(why=str(lost)) from lost
        return line


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
    if text.startswith("BUSY"):
        return no.LEDGER_UNREACHABLE(why=text)
    return said
