"""The collector leaves alone what lives as long as the process."""

from __future__ import annotations

import gc
import subprocess
import sys
from collections.abc import Iterator

import pytest

from backend.kit import garbage
from backend.settings import ROOT


@pytest.fixture(autouse=True)
def _as_it_was() -> Iterator[None]:
    before = gc.get_threshold()
    yield
    gc.unfreeze()
    gc.set_threshold(*before)


def test_what_was_made_before_is_not_looked_at_again() -> None:
    garbage.settle()
    assert gc.get_freeze_count() > 10_000
    assert gc.isenabled()


@pytest.mark.parametrize("program", ["wsgi.py", "backend/workers/__main__.py"])
def test_web_and_worker_settle(program: str) -> None:
    assert "garbage.settle()" in (ROOT / program).read_text()


def test_cycles_that_come_later_are_still_collected() -> None:
    made = (
        "import gc, weakref; from backend.kit import garbage; garbage.settle()\n"
        "class Cycle: pass\n"
        "one = Cycle(); one.self = one; seen = weakref.ref(one); del one\n"
        "junk = [[] for _ in range(3 * garbage.NEW_OBJECTS)]\n"
        "assert seen() is None"
    )
    subprocess.run([sys.executable, "-c", made], check=True, cwd=ROOT)
