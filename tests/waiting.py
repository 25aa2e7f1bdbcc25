"""Waiting for what comes about, however slow the machine is."""

from __future__ import annotations

import time
from collections.abc import Callable


def until(holds: Callable[[], object], within_s: float = 60.0) -> None:
    """Wait for something that others bring about; fail when it does not come in time."""
    give_up_at = time.monotonic() + within_s
    while not holds():
        assert time.monotonic() < give_up_at, "it did not come about in time"
        time.sleep(0.01)
