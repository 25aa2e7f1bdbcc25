"""Before anything else is done: what the cache server holds under some names, asked in one short journey."""

from __future__ import annotations

import os
from typing import Any, cast

import redis
from hiredis import pack_command

Line = Any
"""A connection of the client, which ships no types for what is used of it here."""


class Lookups:
    """Reads texts from the server of a client, on connections of its own that nobody else uses.

    Every signed-in request asks this. Reading twice does no harm, so a connection that rested is not looked at before
    it is used: where it turns out to be closed, the client asks again, with its own patience.
    """

    def __init__(self, client: redis.Redis) -> None:
        self._client = client
        self._open: list[Line] = []
        self._closed: list[Line] = []
        self._pid = os.getpid()

    def texts(self, *names: str) -> list[str | None]:
        """The texts under these names, in their order; None where there is none.

        Raises redis.ConnectionError or redis.TimeoutError while the server cannot be asked.
        """
        try:
            asked = [pack_command(("MGET", *names))]  # type: ignore[arg-type]  # its stub names one element
            return self._ask(self._take(), asked)
        except redis.ConnectionError:
            return cast("list[str | None]", self._client.mget(names))

    def _take(self) -> Line:
        """A connection nobody else uses; a closed one opens itself. None is shared with the process this came from."""
        if self._pid != os.getpid():
            self._open, self._closed, self._pid = [], [], os.getpid()
        for resting in (self._open, self._closed):
            try:
                return resting.pop()
            except IndexError:
                continue
        pool = self._client.connection_pool
        return pool.connection_class(**pool.connection_kwargs)  # beside the pool's own, so not counted among them

    def _ask(self, line: Line, asked: list[bytes]) -> list[str | None]:
        """Ask on a connection; one that was not read to the end is closed before it is kept."""
        rest = self._closed
        try:
            line.send_packed_command(asked, check_health=False)
            found: list[str | None] = line.read_response()
            rest = self._open
        except BaseException:
            line.disconnect()
            raise
        finally:
            rest.append(line)
        return found
