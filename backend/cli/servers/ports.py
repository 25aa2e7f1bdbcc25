"""First step of `civic up`: take the ports before anything is started, and see whether a service answers on one."""

from __future__ import annotations

import errno
import http.client
import socket
from collections.abc import Iterator
from contextlib import contextmanager

from points.errors import Category, kind

PORT_IN_USE = kind(
    "port_in_use",
    Category.CONFLICT,
    zh="端口 {host}:{port} 已被占用。请停止占用它的程序，或用 --port N 另选端口。",
    en="Port {port} on {host} is in use. Stop what uses it, or choose another with --port N.",
)
PORT_NOT_ALLOWED = kind(
    "port_not_allowed",
    Category.FORBIDDEN,
    zh="不能监听 {host}:{port}（{reason}）。请用 --port N 另选 1024 到 65535 之间的端口。",
    en="Cannot listen on port {port} of {host} ({reason}). Choose one from 1024 to 65535 with --port N.",
)

BACKLOG = 512


@contextmanager
def listening(host: str, port: int) -> Iterator[socket.socket]:
    """A listening socket to hand on to a server (`gunicorn --bind fd://N` with `Child.pass_fds`).

    Taken before anything is started, so a port in use is refused with nothing to undo, and it stays ours while the
    server behind it is started again: callers wait a moment instead of being turned away. Port 0 takes any free one.
    """
    taken = listen(host, port)
    try:
        yield taken
    finally:
        taken.close()


def listen(host: str, port: int) -> socket.socket:
    """The socket of `listening`, to be closed by the caller; refuses `port_in_use` and `port_not_allowed`."""
    if not 0 <= port <= 65535:  # the resolver would silently take it modulo 65536
        raise PORT_NOT_ALLOWED(host=host, port=port, reason="no such port")
    try:
        family, kind_, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    except OSError as error:
        raise PORT_NOT_ALLOWED(host=host, port=port, reason=error.strerror) from error
    taken = socket.socket(family, kind_, protocol)
    try:
        # a connection of the last run that is still closing must not count as in use
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        taken.bind(address)
        taken.listen(BACKLOG)
    except OSError as error:
        taken.close()
        if error.errno == errno.EADDRINUSE:
            raise PORT_IN_USE(host=host, port=port) from error
        raise PORT_NOT_ALLOWED(host=host, port=port, reason=error.strerror) from error
    return taken


def answers(host: str, port: int, path: str = "/healthz", timeout_s: float = 1.0) -> bool:
    """Whether an HTTP service says 2xx to a GET of `path`; the readiness probe of a web child."""
    connection = http.client.HTTPConnection(host, port, timeout=timeout_s)
    try:
        connection.request("GET", path, headers={"Connection": "close"})
        return 200 <= connection.getresponse().status < 300
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
