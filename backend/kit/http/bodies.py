"""Before a body is read: one that is too large is refused, also when its length was not told."""

from __future__ import annotations

from typing import IO, cast

from flask import Request
from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.utils import cached_property
from werkzeug.wsgi import LimitedStream


class BoundedRequest(Request):
    """A request whose body is whole or refused (413).

    A body in chunks has no length to look at, and the framework's own stream cuts it at the limit without a word: what
    is left is then read as if it were all.
    """

    @cached_property
    def stream(self) -> IO[bytes]:
        limit = self.max_content_length
        if limit is None or "wsgi.input_terminated" not in self.environ:
            return super().stream
        length = self.content_length
        if length is None:
            return cast("IO[bytes]", _Bounded(self.environ["wsgi.input"], limit, is_max=True))
        if length <= limit:
            return cast("IO[bytes]", self.environ["wsgi.input"])  # the server gives no more than was announced
        return super().stream


class _Bounded(LimitedStream):
    """Up to the limit; at the limit it looks whether more would come."""

    def on_exhausted(self) -> None:
        if self._stream.read(1):
            raise RequestEntityTooLarge

    def readall(self) -> bytes:
        read = super().readall()
        if self.is_exhausted:
            self.on_exhausted()
        return read
