"""How long the stream keeps entries: until the books have them, until the archive has them, or for good."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete, text

from backend.journal import archive, service, trimming
from backend.journal.health import backup
from backend.journal.models import JournalArchive, JournalEntry, JournalHead, JournalLeg
from backend.journal.projector import head_number, project_all
from backend.kit.db import transaction
from backend.settings import load
from backend.wiring import stream
from points.errors import Refused
from tests.app import DISTRICT
from tests.points.ledger.town import Town


@pytest.fixture
def trim() -> str:
    return "committed"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "archive"


@pytest.fixture
def overrides(trim: str, folder: Path) -> dict[str, dict[str, Any]]:
    return {"journal": {"trim": trim, "archive_dir": str(folder) if trim != "committed" else ""}}


def streamed() -> list[int]:
    return [entry.number for entry in stream(DISTRICT).read(0, 1000)]


def empty_the_journal() -> None:
    with transaction() as session:
        for model in (JournalLeg, JournalEntry, JournalHead):
            session.execute(delete(model))


def test_without_a_backup_the_stream_is_trimmed_after_the_commit_and_that_is_told(town: Town) -> None:
    project_all(DISTRICT)
    assert streamed() == []
    town.earn()
    assert streamed() == [4]
    assert [(found.mark, "no backup" in found.en) for found in backup()] == [("note", True)]


def test_nothing_is_trimmed_when_the_commit_fails(town: Town) -> None:
    with transaction() as session:
        session.execute(
            text("INSERT INTO journal_head (district, number, hash, sha256) VALUES ('370112', 0, 'f', 'f')")
        )
    with pytest.raises(Refused):
        project_all(DISTRICT)
    assert streamed() == [1, 2, 3]


@pytest.mark.parametrize("trim", ["never"])
def test_a_stream_that_is_never_trimmed_keeps_all(town: Town) -> None:
    project_all(DISTRICT)
    archive.carry_on(DISTRICT)
    assert streamed() == [1, 2, 3]


@pytest.mark.parametrize("trim", ["archived"])
def test_the_stream_is_trimmed_only_behind_what_the_archive_holds(town: Town) -> None:
    project_all(DISTRICT)
    assert streamed() == [1, 2, 3]
    assert archive.carry_on(DISTRICT) == 3
    town.earn()
    assert streamed() == [4]
    assert archive.carry_on(DISTRICT) == 3
    assert streamed() == [4]


@pytest.mark.parametrize("trim", ["archived"])
def test_archive_and_stream_rebuild_the_journal(town: Town, folder: Path) -> None:
    town.hold(town_has_points(town))
    project_all(DISTRICT)
    archive.carry_on(DISTRICT)
    town.earn("mei", 5)
    project_all(DISTRICT)
    before = [(entry.number, entry.hash, entry.text) for entry in service.entries(DISTRICT)]
    empty_the_journal()
    assert archive.restore(DISTRICT, folder) == 5
    project_all(DISTRICT)
    assert [(entry.number, entry.hash, entry.text) for entry in service.entries(DISTRICT)] == before
    assert service.first_broken_entry(DISTRICT) is None


@pytest.mark.parametrize("trim", ["archived"])
def test_a_journal_of_an_old_backup_is_carried_on_from_inside_a_file(town: Town, folder: Path) -> None:
    project_all(DISTRICT)
    archive.carry_on(DISTRICT)
    with transaction() as session:
        session.execute(delete(JournalLeg).where(JournalLeg.number == 3))
        session.execute(delete(JournalEntry).where(JournalEntry.number == 3))
        hash_of_2, sha = session.execute(text("SELECT hash, sha256 FROM journal_entry WHERE number = 2")).one()
        session.execute(text("UPDATE journal_head SET number = 2, hash = :h, sha256 = :s"), {"h": hash_of_2, "s": sha})
    assert archive.restore(DISTRICT, folder) == 3
    assert service.first_broken_entry(DISTRICT) is None


@pytest.mark.parametrize("trim", ["archived"])
@pytest.mark.parametrize("damage", ["line gone", "text edited", "not json", "cut short"])
def test_a_damaged_archive_is_refused_and_names_the_entry(town: Town, folder: Path, damage: str) -> None:
    project_all(DISTRICT)
    archive.carry_on(DISTRICT)
    (path,) = (folder / DISTRICT).iterdir()
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    match damage:
        case "line gone":
            del lines[1]
        case "text edited":
            digest, said = json.loads(lines[1])
            lines[1] = json.dumps([digest, said.replace("tea", "pie")]) + "\n"
        case "not json":
            lines[1] = "[1, 2\n"
        case "cut short":
            del lines[2]
    path.write_text("".join(lines), encoding="utf-8")
    empty_the_journal()
    with pytest.raises(Refused) as refused:
        archive.restore(DISTRICT, folder)
    assert refused.value.code == "archive_broken"
    assert refused.value.details["number"] == (3 if damage == "cut short" else 2)
    assert head_number(DISTRICT) == 0


def test_an_archive_needs_a_place(town: Town) -> None:
    with pytest.raises(Refused) as refused:
        archive.carry_on(DISTRICT)
    assert refused.value.code == "no_archive"
    assert archive.carry_on_if_set(DISTRICT) == 0


def test_a_stream_cannot_wait_for_an_archive_that_is_nowhere() -> None:
    with pytest.raises(Refused) as refused:
        load({}, {"journal": {"trim": "archived"}})
    assert refused.value.code == "settings_wrong"
    assert "journal.archive_dir" in refused.value.sentence("en")


def town_has_points(town: Town) -> str:
    town.earn("lin", 100)
    return "lin"


@pytest.mark.parametrize("trim", ["archived"])
def test_an_archive_that_is_ahead_of_restored_books_does_not_trim_what_they_lack(town: Town) -> None:
    project_all(DISTRICT)
    archive.carry_on(DISTRICT)
    town.earn()
    with transaction() as session:
        session.get_one(JournalArchive, DISTRICT).number = 9
    trimming.trim(DISTRICT)
    assert streamed() == [4]
