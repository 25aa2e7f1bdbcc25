"""Keeping the service running: one child process, from its start over its deaths to its end."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from backend.cli.servers import leash
from points.errors import Category, Refused, kind

DID_NOT_START = kind(
    "server_did_not_start",
    Category.UNAVAILABLE,
    zh="{name} 未能启动：{reason}（日志：{log}）。",
    en="{name} did not start: {reason} (log: {log}).",
)

LOG_BYTES_KEPT = 10 * 2**20
SHORTEST_PAUSE_S = 0.1
LONGEST_PAUSE_S = 3.0
STEADY_AFTER_S = 10.0
"""A child that lived this long died of something new: it is started again at once."""


def _at_once() -> bool:
    return True


def _nothing() -> None:
    return None


def _unexplained(log: str) -> Refused | None:
    return None


@dataclass(frozen=True)
class Child:
    """One process the supervisor runs, and what it must know about it."""

    name: str
    argv: Sequence[str]
    env: Mapping[str, str] | None = None
    """Added to the supervisor's own environment."""
    before: Callable[[], None] = _nothing
    """Done once, before the first start and after the children above it are ready."""
    ready: Callable[[], bool] = _at_once
    ready_within_s: float = 30.0
    pass_fds: tuple[int, ...] = ()
    log: Path | None = None
    """Takes its output; without one it writes where the supervisor writes."""
    stop_signal: signal.Signals = signal.SIGTERM
    stop_within_s: float = 10.0
    orphan_signal: signal.Signals = signal.SIGKILL
    """What it gets when the supervisor is killed. A process with children of its own needs one it can pass on."""
    explain: Callable[[str], Refused | None] = _unexplained
    """From what it wrote, the refusal behind a start that failed."""


class Running:
    """A child with its process. It is alone in its process group, so what it leaves behind is ended with it."""

    def __init__(self, child: Child, inherit: tuple[int, ...] = ()) -> None:
        self.child = child
        self.is_ready = False
        self.start_again_at = 0.0
        self.started_at = 0.0
        self._inherit = inherit
        self._process: subprocess.Popen[bytes] | None = None
        self._deaths_in_a_row = 0
        self._log_from = 0

    @property
    def runs(self) -> bool:
        return self._process is not None

    def start(self) -> None:
        """Start the process; it is not ready yet."""
        self.is_ready = False
        self.started_at = time.monotonic()
        environment = {**os.environ, **(self.child.env or {})}
        fds = (*self._inherit, *self.child.pass_fds)
        if self.child.log is None:
            self._process = leash.start(
                self.child.argv, env=environment, pass_fds=fds, orphan_signal=self.child.orphan_signal
            )
            return
        _rotate(self.child.log)
        with self.child.log.open("ab") as log:
            self._log_from = log.tell()
            self._process = leash.start(
                self.child.argv, env=environment, output=log, pass_fds=fds, orphan_signal=self.child.orphan_signal
            )

    def ended(self) -> str | None:
        """How the process ended, in words, if it has; whatever it left in its group is killed."""
        if self._process is None:
            return None
        # seen but not yet collected: until then its id cannot be given to another process
        if os.waitid(os.P_PID, self._process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None:
            return None
        self._kill_group(self._process.pid)
        code = self._process.wait()
        self._process = None
        self.is_ready = False
        return f"exit code {code}" if code >= 0 else f"signal {-code}"

    def pause(self) -> float:
        """Plan the next start after a death; the seconds until then, doubling up to a bound."""
        now = time.monotonic()
        if now - self.started_at > STEADY_AFTER_S:
            self._deaths_in_a_row = 0
        seconds = min(SHORTEST_PAUSE_S * 2.0**self._deaths_in_a_row, LONGEST_PAUSE_S)
        self._deaths_in_a_row = min(self._deaths_in_a_row + 1, 10)
        self.start_again_at = now + seconds
        return seconds

    def stop(self, hurry: Callable[[], bool]) -> None:
        """Ask it to end, wait as long as it may take, then kill it with all it started. Done when it is gone."""
        if self._process is None:
            return
        with suppress(ProcessLookupError):
            os.kill(self._process.pid, self.child.stop_signal)
        give_up_at = time.monotonic() + self.child.stop_within_s
        while self.ended() is None:
            if time.monotonic() > give_up_at or hurry():
                self._kill_group(self._process.pid)
            time.sleep(0.01)

    def refusal(self, how: str) -> Refused:
        """Why its start failed: what it explains itself, else how it went with its last words."""
        written = self.written()
        reason = f"{how}; {written.splitlines()[-1]}" if written else how
        return self.child.explain(written) or DID_NOT_START(
            name=self.child.name, reason=reason, log=self.child.log or "-"
        )

    def written(self) -> str:
        """The end of what it wrote since its last start."""
        if self.child.log is None:
            return ""
        with self.child.log.open("rb") as log:
            size = log.seek(0, os.SEEK_END)
            log.seek(max(self._log_from, size - 8192))
            return log.read().decode(errors="replace").strip()

    @staticmethod
    def _kill_group(group: int) -> None:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(group, signal.SIGKILL)


def _rotate(log: Path) -> None:
    """Keep one old file, so that a log does not grow for ever over many starts."""
    with suppress(FileNotFoundError):
        if log.stat().st_size > LOG_BYTES_KEPT:
            log.replace(log.with_suffix(".old"))
