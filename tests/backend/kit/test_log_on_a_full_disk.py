"""Log lines that find no room are lost; the request they tell of is not."""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog
from flask import Flask

from backend.kit.log_lines import start_logging


@pytest.fixture
def no_room(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Standard error goes to a device that is always full."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    full = Path("/dev/full")
    if not full.exists():
        pytest.skip("no /dev/full here")
    stream = full.open("w", buffering=1, encoding="utf-8")
    monkeypatch.setattr(sys, "stderr", stream)
    start_logging("info")
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()
    with pytest.raises(OSError, match="No space left"):
        stream.close()


def test_a_request_is_answered_though_its_log_line_finds_no_room(app: Flask, no_room: None) -> None:
    assert app.test_client().get("/healthz").status_code == 200
