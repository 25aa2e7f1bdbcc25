"""Kills and power cuts of the ledger's server: no answered posting is lost, none is doubled."""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from points.ledger.connection import connect
from tests.points.ledger.observer import Observer, is_up
from tests.servers import Valkey
from tests.waiting import until

ROUNDS = int(os.environ.get("ROUNDS", "100"))
SOURCE = Path(__file__).with_name("synced.c")


def _kill_and_watch(make: Callable[..., Valkey], kills: int) -> None:
    server = make()
    observer = Observer(server, clients=8).begin()
    drawn, slowest = random.Random(1), 0.0
    for _ in range(kills):
        time.sleep(drawn.uniform(0.03, 0.25))
        server.kill()
        before = time.monotonic()
        server.start()
        assert is_up(observer.client)
        slowest = max(slowest, time.monotonic() - before)
    until(lambda: _all_told(observer, 3 * kills))
    observer.end()
    observer.check()
    told = observer.told
    print(f"{kills} kills: {len(observer.answers)} answered, slowest start {slowest:.2f} s, {dict(told)}")
    assert slowest < 5
    assert told["ledger_unreachable"] >= kills  # the kills were felt
    assert _all_told(observer, 3 * kills)
    observer.close()


def _all_told(observer: Observer, more_than: int) -> bool:
    return all(observer.told[kind] > more_than for kind in ("earn", "hold", "capture"))


def test_kill_9_of_the_server_loses_no_answer_and_doubles_none(private_valkey: Callable[..., Valkey]) -> None:
    _kill_and_watch(private_valkey, 10)


@pytest.mark.torture
@pytest.mark.timeout(0)
def test_many_kills_of_the_server_lose_no_answer_and_double_none(private_valkey: Callable[..., Valkey]) -> None:
    _kill_and_watch(private_valkey, 10 * ROUNDS)


def test_a_kill_is_felt_by_a_server_that_keeps_no_file(private_valkey: Callable[..., Valkey]) -> None:
    """The control: the same observer, and a server whose answers are on no disk."""
    server = private_valkey("--appendonly", "no")
    observer = Observer(server, clients=8).begin()
    until(lambda: len(observer.answers) > 50)
    server.kill()
    answered = len(observer.answers)
    server.start()
    observer.end()
    lost = observer.lost()
    print(f"control: {len(lost)} of {answered} answers lost")
    assert len(lost) >= answered > 50
    observer.close()


@pytest.fixture(scope="module")
def synced(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A library that notes how long each file was when it was last fsynced."""
    compiler = shutil.which("cc")
    if compiler is None:
        pytest.skip("no C compiler (cc) here: power cuts need it")
    made = tmp_path_factory.mktemp("synced") / "synced.so"
    subprocess.run([compiler, "-shared", "-fPIC", "-o", str(made), str(SOURCE), "-ldl"], check=True)
    return made


def _notes(server: Valkey, noted: Path) -> Iterator[tuple[Path, int]]:
    """Each noted file of the server with its length at its last fsync; a note just begun says nothing is on disk."""
    for file in (server.directory / "appendonlydir").iterdir():
        note = noted / f"{file.name}.len"
        if note.exists():
            yield file, int(note.read_text() or 0)


def _cut(server: Valkey, noted: Path) -> None:
    """Leave what a power cut may leave: each file as long as it was at its last fsync."""
    for file, length in _notes(server, noted):
        if length < file.stat().st_size:
            os.truncate(file, length)


def _unsynced(server: Valkey, noted: Path) -> int:
    """How many bytes were written and not yet fsynced."""
    return sum(file.stat().st_size - length for file, length in _notes(server, noted))


def _lose_power(make: Callable[..., Valkey], synced: Path, noted: Path, fsync: str, unsynced: int = 0) -> Observer:
    """Cut the power after a while, in a moment when at least so many bytes are not on disk."""
    noted.mkdir(exist_ok=True)
    server = make("--appendfsync", fsync, env={"LD_PRELOAD": str(synced), "SYNCED_DIR": str(noted)})
    observer = Observer(server, clients=8).begin()
    time.sleep(0.7)
    until(lambda: len(observer.answers) > 50 and _all_told(observer, 10))
    give_up_at = time.monotonic() + 20
    while unsynced and _unsynced(server, noted) < unsynced:
        assert time.monotonic() < give_up_at, "everything was always on disk"
    server.kill()
    observer.end()
    _cut(server, noted)
    server.start()
    observer.told["answered"] = len(observer.answers)
    observer.client = connect(server.socket)
    return observer


def test_a_cut_within_the_first_note_of_a_file_leaves_none_of_it(
    private_valkey: Callable[..., Valkey], tmp_path: Path
) -> None:
    server = private_valkey()
    server.kill()
    (file,) = (server.directory / "appendonlydir").glob("*.incr.aof")
    file.write_bytes(b"written, not on disk")
    (tmp_path / f"{file.name}.len").touch()
    assert _unsynced(server, tmp_path) == file.stat().st_size
    _cut(server, tmp_path)
    assert file.stat().st_size == 0


def _cut_often(make: Callable[..., Valkey], synced: Path, noted: Path, cuts: int) -> None:
    for round_ in range(cuts):
        observer = _lose_power(make, synced, noted / str(round_), "always")
        assert observer.told["answered"] > 50
        assert _all_told(observer, 10)
        observer.check()
        observer.close()


def test_a_power_cut_loses_no_answer(private_valkey: Callable[..., Valkey], synced: Path, tmp_path: Path) -> None:
    _cut_often(private_valkey, synced, tmp_path, 5)


@pytest.mark.torture
@pytest.mark.timeout(0)
def test_many_power_cuts_lose_no_answer(private_valkey: Callable[..., Valkey], synced: Path, tmp_path: Path) -> None:
    _cut_often(private_valkey, synced, tmp_path, 3 * ROUNDS)


@pytest.mark.parametrize("control", [1, 2])
def test_the_power_cut_is_felt_by_a_server_that_fsyncs_every_second(
    private_valkey: Callable[..., Valkey], synced: Path, tmp_path: Path, control: int
) -> None:
    observer = _lose_power(private_valkey, synced, tmp_path, "everysec", unsynced=50_000)
    lost = observer.lost()
    print(f"control {control}: {len(lost)} of {observer.told['answered']} answers lost")
    assert lost
    observer.close()
