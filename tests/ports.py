"""Ports that are kept: nobody else is given them for as long as a test may start its servers there.

A port that was looked up and let go can be taken by anybody before the server asks for it, also as the near end of an
outgoing connection. One that is bound by a socket which does not listen is passed over by all who take any port, and
taken by a server that reuses addresses, as the ledger's does, and may be taken again by it after a kill.
"""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

HOST = "127.0.0.1"


def held(port: int = 0) -> socket.socket:
    """A port, any free one or the one named; let go when the socket is closed. Raises OSError where it is taken."""
    with ExitStack() as undo:
        kept = undo.enter_context(socket.socket())
        kept.bind((HOST, port))
        kept.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        undo.pop_all()
        return kept


def number(kept: socket.socket) -> int:
    return int(kept.getsockname()[1])


@pytest.fixture
def free_port() -> Iterator[Callable[[], int]]:
    """Gives ports that nobody else is given during the test."""
    with ExitStack() as kept:
        yield lambda: number(kept.enter_context(held()))
