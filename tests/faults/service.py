"""`civic up` as its users start it, to be killed in parts or whole: the service-level faults begin here."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from flask import Flask

from backend.app import create_app
from backend.cli.place import Place
from backend.kit.db import db
from backend.settings import ROOT
from points.clock import Clock

READY = re.compile(r"ready api=http://(\S+):(\d+)\s")
ROUNDS = int(os.environ.get("ROUNDS", "100"))
"""What `make torture` multiplies by."""
_MARKS = {
    "web": "wsgi:app",
    "worker": "backend.workers",
    "ledger": "ledger.sock",
    "cache": "cache.sock",
    "emulator": "backend.cli.emulated",
}


class Service:
    """The whole service on one data directory; what it says goes to `up.log` in it."""

    def __init__(self, data: Path, env: Mapping[str, str] | None = None) -> None:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("CIVIC_")}
        self.data = data
        self.env = kept | {"CIVIC_LIMITS_ENABLED": "false"} | dict(env or {})
        self.port = 0
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def place(self) -> Place:
        return Place(self.data, self.env)

    def start(self) -> Service:
        """One command; back when it says `ready`, and the seconds that took are in `started_in`."""
        self.data.mkdir(exist_ok=True)
        log = self.data.parent / f"{self.data.name}.up.log"
        began = time.monotonic()
        command = [sys.executable, "-m", "backend.cli.main", "up", "--data", str(self.data), "--port", str(self.port)]
        with log.open("wb") as said:
            self.process = subprocess.Popen(command, cwd=ROOT, env=self.env, stdout=said, stderr=subprocess.STDOUT)
        while (ready := READY.search(said_in(log))) is None:
            assert self.process.poll() is None, said_in(log)
            assert time.monotonic() - began < 90, said_in(log)
            time.sleep(0.02)
        self.port = int(ready[2])
        self.started_in = time.monotonic() - began
        return self

    def stop(self) -> None:
        """SIGTERM; it must end by itself, cleanly."""
        if self.process is not None:
            self.process.send_signal(signal.SIGTERM)
            assert self.process.wait(60) == 0
            self.process = None

    def kill(self) -> None:
        """kill -9 of the supervisor alone."""
        assert self.process is not None
        self.process.kill()
        self.process.wait()

    def pid(self, name: str) -> int:
        """The process the supervisor runs under a name now: web (the master), worker, ledger, cache, emulator."""
        assert self.process is not None
        give_up_at = time.monotonic() + 20
        while time.monotonic() < give_up_at:
            for child in children(self.process.pid):
                if _MARKS[name] in _command(child) and "leash.py" not in _command(child):
                    return child
            time.sleep(0.02)
        raise AssertionError(f"no process of {name} runs")

    def web_workers(self) -> list[int]:
        """The processes that answer requests."""
        return children(self.pid("web"))

    @contextmanager
    def inside(self, clock: Clock | None = None) -> Iterator[Flask]:
        """The same application in this process, to prepare people and to look at what came of it."""
        app = create_app(self.place.settings(), clock)
        with app.app_context():
            yield app
            db.session.remove()
            db.engine.dispose()


def said_in(log: Path) -> str:
    """What a process has written so far; it may be in the midst of a word."""
    return log.read_text("utf-8", errors="replace")


def children(pid: int) -> list[int]:
    """The living children of a process."""
    found = []
    for status in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            _, _, rest = status.read_text().rpartition(") ")
            state, parent = rest.split()[:2]
            if int(parent) == pid and state != "Z":
                found.append(int(status.parent.name))
    return found


def alive(pid: int) -> bool:
    """Whether a process runs; one that has ended and waits to be collected does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2][0] != "Z"
    except OSError:
        return False


def family(pid: int) -> set[int]:
    """A process with all that descends from it."""
    return {pid}.union(*(family(child) for child in children(pid)))


def kill(*pids: int, how: signal.Signals = signal.SIGKILL) -> None:
    """Send a signal to processes; one that is gone already is left."""
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, how)


def _command(pid: int) -> str:
    try:
        return (Path("/proc") / str(pid) / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    except OSError:
        return ""
