"""The key that signs the roots is changed: old roots stay provable, and nobody slips in a key of their own."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, update

from backend.journal.check import compare
from backend.journal.health import root_key
from backend.journal.models import JournalRoot, JournalRootKey
from backend.journal.projector import project_all
from backend.journal.roots.keys import change, keys
from backend.journal.roots.making import make_due
from backend.journal.roots.statement import public_key
from backend.kit import audit
from backend.kit.auth import Role
from backend.kit.db import db, transaction
from backend.settings import Settings
from backend.wiring import parts
from points.clock import FixedClock
from tests.app import DISTRICT
from tests.backend.journal.test_rebuilding import refused
from tests.backend.journal.test_roots import check, earn, resident
from tests.cast import Cast, Person

__all__ = ["resident"]
OLD, NEW, LATER = "r" * 40, "n" * 40, "m" * 40
TWO = ("邹立夏", "秦小雪")


def settle_keys(now: str, before: str = "") -> None:
    """As the service started with these secrets."""
    old: Settings = parts().settings
    parts().settings = replace(old, secrets=replace(old.secrets, root_key=now, root_key_before=before))


@pytest.fixture
def changed(app: Flask, resident: Person, clock: FixedClock) -> Person:
    """A resident with an entry under a root of the old key (3), and one under a root of the new (5)."""
    project_all(DISTRICT)
    clock.advance(hours=13)
    assert make_due(DISTRICT) == 1
    settle_keys(NEW, OLD)
    change()
    settle_keys(NEW)
    earn(resident.id, 1)
    project_all(DISTRICT)
    clock.advance(days=1)
    assert make_due(DISTRICT) == 1
    return resident


def told_of(person: Person, number: int, directory: Path, *more: str) -> tuple[int, str]:
    again = Cast(person.app).signed_in("resident", person.id, ("resident",))  # days have gone by
    done = check(directory, again.get(f"/me/statement/{number}/proof").json, *more)
    return done.returncode, done.stdout


def published(cast: Cast, directory: Path, **edited: Any) -> str:
    listed = cast.stranger().get("/journal/keys").json
    listed["items"][1] |= edited
    path = directory / "keys.json"
    path.write_text(json.dumps(listed), encoding="utf-8")
    return str(path)


def test_roots_of_both_keys_hold_and_are_proved_by_either(changed: Person, cast: Cast, tmp_path: Path) -> None:
    assert compare(DISTRICT).holds
    assert compare(DISTRICT).roots == 2
    listed = published(cast, tmp_path)
    old, new = (key.public_key for key in keys())
    assert (old, new) == (keys()[0].public_key, public_key())
    for number in (3, 5):
        for known in (old, new):
            status, said = told_of(changed, number, tmp_path, "--key", known, "--keys", listed)
            assert status == 0, said
    assert told_of(changed, 3, tmp_path, "--key", old)[0] == 0
    assert "another key" in told_of(changed, 5, tmp_path, "--key", old)[1]


def test_keys_are_published_with_their_days_as_files_too(changed: Person, cast: Cast) -> None:
    first, second = cast.stranger().get("/journal/keys").json["items"]
    assert (first["since"], first["until"]) == ("2026-11-20", "2026-11-21")
    assert (second["since"], second["until"]) == ("2026-11-21", None)
    file = parts().settings.data_dir / "roots" / "keys" / "2.json"
    assert json.loads(file.read_text(encoding="utf-8"))["statement"] == second["statement"]
    assert [finding.mark for finding in root_key()] == []


def test_no_root_is_signed_with_a_key_that_was_not_published(resident: Person, clock: FixedClock) -> None:
    project_all(DISTRICT)
    clock.advance(hours=13)
    make_due(DISTRICT)
    settle_keys(NEW)
    clock.advance(days=1)
    assert refused(lambda: make_due(DISTRICT)) == "root_key_unknown"
    assert "not that of the settings" in str(compare(DISTRICT).broken_root)
    assert [finding.mark for finding in root_key()] == ["bad"]
    settle_keys(OLD)
    assert make_due(DISTRICT) == 1
    assert refused(change) == "root_key_same"


def test_a_lost_key_is_followed_by_one_that_two_of_the_staff_sign_for(
    resident: Person, clock: FixedClock, cast: Cast, tmp_path: Path
) -> None:
    project_all(DISTRICT)
    clock.advance(hours=13)
    make_due(DISTRICT)
    old = public_key()
    settle_keys(NEW, LATER)  # not the one that signed
    assert refused(change) == "root_key_before_missing"
    assert refused(lambda: change(TWO, "主机失窃")) == "bad_staff"
    for name in TWO:
        cast.staff(Role.ADMIN, name=name)
    change(TWO, "主机失窃")
    lines = db.session.scalars(select(audit.AuditLine).where(audit.AuditLine.action == "journal.root_key_changed"))
    assert {(line.details["vouched_for"], line.details["staff"]) for line in lines} == {(False, "邹立夏、秦小雪")}
    assert [finding.mark for finding in root_key()] == ["note"]
    earn(resident.id, 1)
    project_all(DISTRICT)
    clock.advance(days=1)
    make_due(DISTRICT)
    assert compare(DISTRICT).holds
    listed = published(cast, tmp_path)
    assert told_of(resident, 5, tmp_path, "--key", public_key(), "--keys", listed)[0] == 0
    assert "not signed by the one before" in told_of(resident, 5, tmp_path, "--key", old, "--keys", listed)[1]


def test_an_old_key_signs_no_day_after_its_end(changed: Person, clock: FixedClock, cast: Cast, tmp_path: Path) -> None:
    """Whoever has stolen it cannot sign on, even with the whole database."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    from backend.journal.roots.statement import sign_with
    from backend.wiring import _key

    stolen = Ed25519PrivateKey.from_private_bytes(_key(OLD))
    last = db.session.scalars(select(JournalRoot).order_by(JournalRoot.number.desc())).first()
    assert last is not None
    with transaction() as session:
        values = {"signature": sign_with(stolen, last.statement), "public_key": keys()[0].public_key}
        session.execute(update(JournalRoot).where(JournalRoot.number == last.number).values(**values))
    assert "key of that time" in str(compare(DISTRICT).broken_root)
    listed = published(cast, tmp_path)
    assert "its key was over" in told_of(changed, 5, tmp_path, "--key", public_key(), "--keys", listed)[1]


@pytest.mark.parametrize(
    ("edited", "says"),
    [
        (
            {"since": "2026-12-30", "statement": "civic-points root key 1\nnumber 2\nkey x\nbefore 0\n"},
            "not the one that",
        ),
        ({"signature_before": "A" * 86 + "=="}, "not signed by the one before"),
        ({"signature": "A" * 86 + "=="}, "did not sign itself"),
    ],
)
def test_published_keys_that_were_edited_do_not_hold(
    changed: Person, cast: Cast, tmp_path: Path, edited: dict[str, str], says: str
) -> None:
    listed = published(cast, tmp_path, **edited)
    status, said = told_of(changed, 3, tmp_path, "--keys", listed)
    assert (status, says in said or "cannot be read" in said) == (1, True)


def test_a_key_that_was_edited_in_the_database_is_found(changed: Person) -> None:
    with transaction() as session:
        session.execute(
            update(JournalRootKey).where(JournalRootKey.number == 1).values(since=keys()[0].since + timedelta(days=9))
        )
    assert "key 1 is not what follows" in str(compare(DISTRICT).broken_root)
