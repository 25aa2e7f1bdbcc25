"""A real browser for the pages; a test that needs it says so when there is none."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

_NAMES = ("chromium", "chromium-browser", "google-chrome")
_FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--no-proxy-server",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
    "--enable-logging=stderr",
    "--log-level=0",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
)
WITHIN_SECONDS = 60


@dataclass
class Browser:
    """A headless browser that reaches this machine alone."""

    program: str
    folder: Path

    def page(self, url: str, *, height: int = 800, budget_ms: int = 8000) -> tuple[str, list[str]]:
        """The page as it stands after its scripts ran, and what was said on its console.

        Long lists are only drawn as far as the window reaches: a tall one shows them whole.
        """
        done = self._run(f"--window-size=1280,{height}", f"--virtual-time-budget={budget_ms}", "--dump-dom", url)
        return done.stdout, [line for line in done.stderr.splitlines() if "CONSOLE" in line]

    def picture(self, url: str, file: Path, *, width: int, height: int, budget_ms: int = 8000) -> Path:
        """A picture of the page in a window of this size."""
        size, target = f"--window-size={width},{height}", f"--screenshot={file}"
        self._run(f"--virtual-time-budget={budget_ms}", size, target, url)
        return file

    def _run(self, *more: str) -> subprocess.CompletedProcess[str]:
        command = [self.program, *_FLAGS, f"--user-data-dir={self.folder}", *more]
        return subprocess.run(command, capture_output=True, text=True, timeout=WITHIN_SECONDS, check=True)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    program = next((found for name in _NAMES if (found := shutil.which(name))), None)
    if program is None:
        pytest.skip("no chromium on this machine: the pages were not looked at")
    folder = Path(tempfile.mkdtemp(prefix="civic-browser-"))
    yield Browser(program, folder)
    shutil.rmtree(folder, ignore_errors=True)
