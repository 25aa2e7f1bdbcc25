"""The whole, as small as it can be, to be started and killed by a test."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.processes import Up, marked
from tests.waiting import until

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def up(tmp_path: Path) -> Iterator[Up]:
    """Starts `tests/cli/up.py` on a data directory; every process of it carries a mark and is gone after the test."""
    started: list[subprocess.Popen[str]] = []

    def start(data_dir: Path, port: int = 0, orphan_signal: signal.Signals = signal.SIGTERM) -> subprocess.Popen[str]:
        started.append(
            subprocess.Popen(
                [sys.executable, "-m", "tests.cli.up", str(data_dir), str(port), str(int(orphan_signal))],
                cwd=ROOT,
                env={**os.environ, "CIVIC_TEST_MARK": str(tmp_path)},
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
            )
        )
        return started[-1]

    yield start
    for process in started:
        process.terminate()
    for process in started:
        process.communicate(timeout=60)
    until(lambda: not marked(str(tmp_path)))
