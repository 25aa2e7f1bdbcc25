"""The drill: a backup taken under load by plain commands, the machine lost, everything put together on an empty one."""

from __future__ import annotations

import shutil
import time
from pathlib import Path

import pytest
from sqlalchemy import select

from backend.journal.models import JournalEntry
from backend.kit.db import db
from backend.wiring import ledger
from tests.app import DISTRICT
from tests.faults.books import Books, books_of
from tests.faults.conftest import Start
from tests.faults.crowd import Crowd
from tests.faults.service import ROUNDS, Service
from tests.journeys.running import civic


def copy_file(data: Path, backup: Path) -> None:
    """The ledger's directory with its append-only file, as it lies there; its tail may be torn."""
    shutil.copytree(data / "ledger", backup / "ledger", dirs_exist_ok=True)


def copy_rest(data: Path, backup: Path) -> None:
    """Keys, photos, published roots: all but what the commands above copy and what a start makes anew."""
    for path in data.iterdir():
        if path.is_dir() and path.name not in ("ledger", "cache", "run"):
            shutil.copytree(path, backup / path.name, dirs_exist_ok=True)
        elif path.is_file() and not path.name.startswith("books.sqlite"):
            shutil.copy(path, backup)


def backed_up(town: Service, books: Books, backup: Path, crowd: Crowd) -> set[str]:
    """Back up while the crowd goes on; answers the keys that had been answered before."""
    time.sleep(1)
    before = set(crowd.kept)
    backup.mkdir()
    copy_file(town.data, backup)
    time.sleep(0.7)  # postings go on between the two
    books.copy(town.data, backup)
    copy_rest(town.data, backup)
    time.sleep(0.3)
    return before


def wrongly_backed_up(town: Service, books: Books, backup: Path) -> None:
    """The books first: what the stream is trimmed of before its copy is in neither."""
    backup.mkdir()
    books.copy(town.data, backup)
    number, _ = books.head(town.data)
    with town.inside():
        give_up_at = time.monotonic() + 30
        while _first_kept() <= number + 1:
            assert time.monotonic() < give_up_at
            time.sleep(0.05)
    copy_file(town.data, backup)
    copy_rest(town.data, backup)


def _first_kept() -> int:
    """The first entry the stream still has; a high number when it has none."""
    found = ledger(DISTRICT).wire.ask("XRANGE", ledger(DISTRICT).keys.stream, "-", "+", "COUNT", 1)
    return int(found[0][0].split(b"-")[0]) if isinstance(found, list) and found else 1 << 60


def drill(start: Start, books: Books, home: Path) -> None:
    town = start(**books.env)
    crowd = Crowd(town, clients=4).begin()
    before = backed_up(town, books, home / "backup", crowd)
    wrongly_backed_up(town, books, home / "wrong")
    crowd.end().check()
    with town.inside():
        original = dict(db.session.execute(select(JournalEntry.number, JournalEntry.hash)).all())
    town.stop()
    shutil.rmtree(town.data)
    books.lose()

    there = books.restore(home / "wrong")
    refused = civic("ledger", "catch-up", "--data", str(home / "wrong"), "--as", "邹立夏", env=there)
    assert (refused.returncode, "code: ledger_forked" in refused.stderr) == (2, True), refused.stderr

    restored = home / "restored"
    shutil.copytree(home / "backup", restored)
    there = books.restore(restored)
    number, digest = books.head(restored)
    assert original[number] == digest
    caught_up = civic("ledger", "catch-up", "--data", str(restored), "--as", "邹立夏", env=there)
    assert caught_up.returncode == 0, caught_up.stderr
    verified = civic("ledger", "verify", "--data", str(restored), env=there)
    assert verified.returncode == 0, verified.stdout
    _goes_on(start(restored, **there), original, number, before)


def _goes_on(service: Service, original: dict[int, str], number: int, before: set[str]) -> None:
    with service.inside():
        head = ledger(DISTRICT).head()
        assert head.number >= number
        assert original[head.number] == head.hash  # the same head as it was there
        there = set(db.session.scalars(select(JournalEntry.id)))
        assert before <= there, f"{len(before - there)} answers from before the backup are missing"
    after = Crowd(service, clients=2).begin()
    time.sleep(1)
    after.end().check()
    service.stop()
    print(f"{len(before)} answers before the backup, entry {number} in its books, restored to entry {head.number}")
    assert len(before) > 20


@pytest.mark.timeout(300)
def test_a_backup_taken_under_load_is_restored_on_an_empty_machine(start: Start, tmp_path: Path) -> None:
    """The control is a backup taken in the wrong order, which must be refused."""
    with books_of("sqlite") as books:
        drill(start, books, tmp_path)


@pytest.mark.torture
@pytest.mark.timeout(0)
@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_many_backups_taken_under_load_are_restored(start: Start, tmp_path: Path, kind: str) -> None:
    for number in range(max(1, ROUNDS // 10)):
        (tmp_path / str(number)).mkdir()
        with books_of(kind) as books:
            drill(start, books, tmp_path / str(number))
