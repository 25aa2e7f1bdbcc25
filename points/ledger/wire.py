"""One exchange with the server: a script and its answer, or a named refusal when the server cannot be asked."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeVar

import redis
from redis.exceptions import BusyLoadingError, NoScriptError, OutOfMemoryError, ReadOnlyError, ResponseError

from points.ledger import refusals as no
from points.ledger.script import Script

T = TypeVar("T")
Line = Any
"""A connection of the client, which ships no types for what is used of it here."""


class Wire:
    """Asks one server through its client's pool."""

    def __init__(self, client: redis.Redis) -> None:
        self._pool = client.connection_pool

    def run(self, script: Script, keys: Sequence[str], args: Sequence[str]) -> bytes | list[bytes]:
        """Run a script once. NOSCRIPT means it did not run: it is loaded and asked again."""
        return self._with(lambda line: self._run(line, script, keys, args))

    def _run(self, line: Line, script: Script, keys: Sequence[str], args: Sequence[str]) -> bytes | list[bytes]:
        first, stamp = args[:2], getattr(line, "run_id", "")
        rest = (len(keys), *keys, *first, stamp, *args[2:])
        line.send_command("EVALSHA", script.sha, *rest)
        try:
            return line.read_response()  # type: ignore[no-any-return]
        except NoScriptError:
            line.send_command("SCRIPT", "LOAD", script.text)
            line.read_response()
            line.send_command("EVALSHA", script.sha, *rest)
            return line.read_response()  # type: ignore[no-any-return]

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
            return [line.read_response() for _ in listed]

        return self._with(talk)

    def _with(self, talk: Callable[[Line], T]) -> T:
        try:
            line: Line = self._pool.get_connection()
        except (redis.ConnectionError, redis.TimeoutError) as lost:
            raise no.LEDGER_UNREACHABLE(why=str(lost)) from lost
        whole = False
        try:
            answer = talk(line)
            whole = True
        except (redis.ConnectionError, redis.TimeoutError) as lost:
            if isinstance(lost, BusyLoadingError):
                raise no.LEDGER_UNREACHABLE(why="loading") from lost
            raise no.LEDGER_UNREACHABLE(why=type(lost).__name__) from lost
        except ResponseError as said:
            whole = True
            raise _meaning(said) from said
        finally:
            if not whole:
                line.disconnect()
            self._pool.release(line)
        return answer


def _meaning(said: ResponseError) -> Exception:
    text = str(said)
    if isinstance(said, OutOfMemoryError) or "OOM" in text or "MISCONF" in text or "NOREPLICAS" in text:
        return no.LEDGER_FULL(why=text)
    if isinstance(said, ReadOnlyError) or "READONLY" in text or "MASTERDOWN" in text:
        return no.LEDGER_CLOSED(why=text)
    if text.startswith("BUSY"):
        return no.LEDGER_UNREACHABLE(why=text)
    return said
