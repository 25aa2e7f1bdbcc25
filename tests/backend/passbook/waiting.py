"""Postings that wait: the ledger takes none for a while, and the worker delivers them later."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from backend.kit import outbox
from points.clock import FixedClock
from points.ledger.refusals import LEDGER_UNREACHABLE


@contextmanager
def nothing_posted(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The ledger can be asked, but takes no posting."""

    def away(*_: Any) -> None:
        raise LEDGER_UNREACHABLE()

    with monkeypatch.context() as patch:
        patch.setattr("points.ledger.Ledger.post", away)
        patch.setattr("points.ledger.Ledger.post_many", away)
        yield


def delivered(clock: FixedClock) -> None:
    for _ in range(4):
        clock.advance(seconds=400)
        outbox.deliver_due()
