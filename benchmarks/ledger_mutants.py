"""Mutation testing of the ledger's scripts: changes each piece of Lua and counts which changes no test notices.

Works on copies in a temporary folder, on servers of its own; at most 5 % of the changes may stay unnoticed, each
explained in benchmarks/ledger_survivors.txt.

.venv/bin/python -m benchmarks.ledger_mutants [--sample N] [--seed S] [--chapter NAME ...] [--only FILE] [--workers N]

FILE names changes, one a line, as this prints them: what a run left is tried again without the others.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest
import redis

from benchmarks.lua_mutants import Mutant, mutants_of

ROOT = Path(__file__).parents[1]
LUA = Path("points/ledger/lua")
MOST = 0.05
PATIENCE = 60.0
"""Seconds until the tests of one change are taken to hang, which notices it."""
COPIED = ("points", "backend", "tests", "config", "benchmarks")
TESTS = ("told_histories", "postings", "edges", "script_edges", "ladder", "across", "crowds", "forgetting", "clocks")
TESTS += ("ids", "torn", "fence", "repeats", "moments", "last_points", "heads", "script_refunds", "misnamed")
"""Those that look at single answers; first the ones that notice most and soonest."""
FIRST = {
    "across": ("edges", "across", "script_edges"),
    "crowd": ("crowds",),
    "desk": ("postings", "edges"),
    "earn": ("postings", "last_points"),
    "ending": ("postings", "last_points", "script_edges"),
    "finish": ("postings", "heads", "moments"),
    "forget": ("forgetting",),
    "hold": ("postings", "moments"),
    "open": ("fence", "heads"),
    "prelude": ("postings", "heads"),
    "refund": ("across", "edges", "moments", "script_refunds", "script_edges"),
    "reverse": ("postings", "edges", "last_points", "crowds"),
    "sweep": ("postings", "script_edges", "edges", "moments"),
}
"""Those that notice changes of a chapter sooner than the others."""
SKIPPED = "not twin and not cluster and not replica and not fork and not old_file and not restarted and not lost_server"
"""What runs on the twin, and what kills servers."""
OPTIONS = ("-x", "-q", "-k", SKIPPED, "-p", "no:cacheprovider", "-p", "no:xdist", "--no-header", "--tb=no")
OPTIONS += ("-W", "default", "-p", "no:unraisableexception", "-p", "no:threadexception")


def all_mutants(chapters: Sequence[str] = ()) -> list[Mutant]:
    """Every change of every chapter, or of those named."""
    paths = sorted((ROOT / LUA).glob("*.lua"))
    return [
        mutant
        for path in paths
        if not chapters or path.stem in chapters
        for mutant in mutants_of(path.stem, path.read_text("utf-8"))
    ]


def explained() -> dict[str, str]:
    """Why nobody can notice a change, by its name."""
    return dict(listed(ROOT / "benchmarks" / "ledger_survivors.txt"))


def listed(path: Path) -> list[tuple[str, str]]:
    """The changes that a file names, each with what stands behind its name."""
    lines = path.read_text("utf-8").splitlines()
    pairs = [line.partition(" ## ") for line in lines if line and not line.startswith("#")]
    return [(name, why) for name, _, why in pairs]


def named(path: Path) -> list[Mutant]:
    """The changes that a file names; all of a name, where the same line stands twice."""
    wanted, made = dict(listed(path)), all_mutants()
    unknown = wanted.keys() - {mutant.name for mutant in made}
    if unknown:
        raise SystemExit("no such changes:\n" + "\n".join(sorted(unknown)))
    return [mutant for mutant in made if mutant.name in wanted]


def judge(mutants: list[Mutant], workers: int = 2, tests: Sequence[str] = TESTS) -> list[tuple[Mutant, str]]:
    """What became of each: `noticed`, `hung`, `unnoticed`, or `no Lua` for what is none. Other trees stay untouched."""
    with tempfile.TemporaryDirectory(prefix="mutants-") as folder:
        running = []
        for number in range(workers):
            share = mutants[number::workers]
            here = Path(folder) / str(number)
            for name in COPIED:
                shutil.copytree(ROOT / name, here / name, ignore=shutil.ignore_patterns("__pycache__"))
            shutil.copy(ROOT / "pyproject.toml", here)
            asked = {"tests": list(tests), "changes": [(m.chapter, m.start, m.end, m.new) for m in share]}
            (here / "asked.json").write_text(json.dumps(asked), "utf-8")
            command = [sys.executable, "-m", "benchmarks.ledger_mutants", "--worker"]
            running.append((share, here, subprocess.Popen(command, cwd=here, env=_env(here))))
        judged = []
        for share, here, worker in running:
            if worker.wait() != 0:
                raise RuntimeError("a worker did not end well: do the tests pass without a change?")
            told = json.loads((here / "told.json").read_text("utf-8"))
            judged += list(zip(share, told, strict=True))
        return judged


def _env(here: Path) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST", "COV"))}
    return kept | {"PYTHONPATH": str(here), "CIVIC_TEST_SQL": "sqlite"}


def work() -> None:
    """A worker in its own copy: each change is tried in a child that has everything imported already."""
    asked = json.loads(Path("asked.json").read_text("utf-8"))
    tests, changes = [f"tests/points/ledger/test_{name}.py" for name in asked["tests"]], asked["changes"]
    _nothing_on_disk()
    with _quiet():
        passed = pytest.main([*OPTIONS, *tests]) == 0
    if not passed:
        raise SystemExit("the tests do not pass without a change")
    told = []
    with _server() as server:
        for number, (chapter, start, end, new) in enumerate(changes, 1):
            path = LUA / f"{chapter}.lua"
            whole = path.read_text("utf-8")
            path.write_text(whole[:start] + new + whole[end:], "utf-8")
            told.append(_tried(_sorted(tests, chapter)) if _is_lua(server) else "no Lua")
            path.write_text(whole, "utf-8")
            if number % 50 == 0:
                print(f"{number} of {len(changes)}", file=sys.stderr, flush=True)
    Path("told.json").write_text(json.dumps(told), "utf-8")


def _nothing_on_disk() -> None:
    """Answers are looked at here, not what survives a kill."""
    from backend.cli.servers import valkey

    whole = valkey.RedisServer.argv

    def argv(server: valkey.RedisServer) -> tuple[str, ...]:
        return (*whole(server), "--appendonly", "no", "--save", "")

    valkey.RedisServer.argv = argv  # type: ignore[method-assign]  # what this is for


def _sorted(tests: list[str], chapter: str) -> list[str]:
    first = [f"tests/points/ledger/test_{name}.py" for name in FIRST.get(chapter, ())]
    return [test for test in first if test in tests] + [test for test in tests if test not in first]


def _tried(tests: list[str]) -> str:
    child = os.fork()
    if child == 0:
        os.setpgid(0, 0)
        _forget_scripts()
        with _quiet():
            code = int(pytest.main([*OPTIONS, *tests]))
        os._exit(code)
    give_up_at = time.monotonic() + PATIENCE
    while time.monotonic() < give_up_at:
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended:
            return "unnoticed" if status == 0 else "noticed"
        time.sleep(0.01)
    os.killpg(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return "hung"


def _forget_scripts() -> None:
    from points.ledger import connection, script

    for value in vars(script).values():
        if hasattr(value, "cache_clear"):
            value.cache_clear()
    kept = connection.connect.__kwdefaults__
    if kept and "answer_seconds" in kept:
        kept["answer_seconds"] = 2.0  # a script that never ends is waited for no longer


@contextmanager
def _quiet() -> Iterator[None]:
    """What the tests say goes nowhere."""
    sys.stdout.flush()
    nowhere, said = os.open(os.devnull, os.O_WRONLY), os.dup(1)
    os.dup2(nowhere, 1)
    try:
        yield
    finally:
        sys.stdout.flush()
        os.dup2(said, 1)
        os.close(nowhere)


@contextmanager
def _server() -> Iterator[redis.Redis]:
    from backend.cli.servers import valkey
    from tests.servers import Valkey

    with tempfile.TemporaryDirectory(prefix="civic-", dir="/tmp") as folder:
        started = Valkey(valkey.ledger_server(Path(folder))).start()
        try:
            with started.client() as client:
                yield client
        finally:
            started.kill()


def _is_lua(server: redis.Redis) -> bool:
    from points.ledger import script

    _forget_scripts()
    try:
        for each in (*script.bind_all().values(), script.opening(), script.forgetting()):
            server.script_load(each.text)
    except redis.ResponseError:
        return False
    finally:
        server.script_flush()
    return True


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    asked.add_argument("--sample", type=int, help="only so many changes, drawn by the seed")
    asked.add_argument("--seed", type=int, default=1)
    asked.add_argument("--chapter", action="append", default=[])
    asked.add_argument("--only", type=Path, help="a file that names changes, one a line")
    asked.add_argument("--workers", type=int, default=2)
    asked.add_argument("--worker", action="store_true", help=argparse.SUPPRESS)
    given = asked.parse_args()
    if given.worker:
        work()
        return
    mutants = named(given.only) if given.only else all_mutants(given.chapter)
    if given.sample:
        mutants = random.Random(given.seed).sample(mutants, given.sample)
    judged = judge(mutants, given.workers)
    tried = [each for each in judged if each[1] != "no Lua"]
    alive = [mutant for mutant, state in tried if state == "unnoticed"]
    known = explained()
    for mutant in alive:
        print(f"{mutant.name} ## {known.get(mutant.name, 'NOT EXPLAINED')}")
    share = len(alive) / max(1, len(tried))
    reasons = sum(mutant.name in known for mutant in alive)
    print(f"{len(tried)} changes, {len(alive)} unnoticed ({share:.1%}, at most {MOST:.0%}), {reasons} explained")
    if not tried or reasons < len(alive) or (share > MOST and not given.only):
        raise SystemExit(1)


if __name__ == "__main__":
    main()
