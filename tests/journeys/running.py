"""The whole service as its users start it: `civic` in a process of its own."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryFile

from backend.cli.place import Place
from backend.cli.up import Up
from backend.settings import ROOT

READY = re.compile(r"ready api=(\S+)(?: emulator=(\S+))? data=(\S+)")


def civic(
    *arguments: str, env: Mapping[str, str] | None = None, timeout: float = 300
) -> subprocess.CompletedProcess[str]:
    """Run one command to its end."""
    return Begun(*arguments, env=env).ended(timeout)


class Begun:
    """A command that runs meanwhile."""

    def __init__(self, *arguments: str, env: Mapping[str, str] | None = None) -> None:
        command = [sys.executable, "-m", "backend.cli.main", *arguments]
        with ExitStack() as made:
            self._said = made.enter_context(TemporaryFile("w+", encoding="utf-8"))
            self._complained = made.enter_context(TemporaryFile("w+", encoding="utf-8"))
            self.process = subprocess.Popen(
                command, cwd=ROOT, env=_clean(env), stdout=self._said, stderr=self._complained, text=True
            )
            self._files = made.pop_all()

    def ended(self, timeout: float = 300) -> subprocess.CompletedProcess[str]:
        """Wait for its end; what it said."""
        code = self.process.wait(timeout)
        with self._files:
            self._said.seek(0)
            self._complained.seek(0)
            return subprocess.CompletedProcess(self.process.args, code, self._said.read(), self._complained.read())

    def stop(self) -> None:
        """End it, unless it has ended by itself."""
        if self.process.poll() is None:
            self.process.terminate()
            self.ended(60)


@contextmanager
def up(data: Path, env: Mapping[str, str] | None = None) -> Iterator[tuple[Up, Place]]:
    """`civic up` on any free port, for as long as the block runs; then SIGTERM, and it must leave cleanly."""
    command = [sys.executable, "-m", "backend.cli.main", "up", "--data", str(data), "--port", "0"]
    process = subprocess.Popen(
        command, cwd=ROOT, env=_clean(env), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    assert process.stdout is not None
    try:
        said = READY.search(process.stdout.readline())
        assert said, process.stdout.read()
        yield Up(said[1], said[2], Path(said[3])), Place(Path(said[3]), _clean(env))
    finally:
        process.send_signal(signal.SIGTERM)
        rest, _ = process.communicate(timeout=60)
    assert process.returncode == 0, rest


def _clean(env: Mapping[str, str] | None) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("CIVIC_")}
    return kept | dict(env or {})
