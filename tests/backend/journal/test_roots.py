"""Daily roots: what is signed, what is published, and that anyone can prove an entry of their own without us."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select, update

from backend.journal.check import compare
from backend.journal.models import JournalEntry, JournalRoot, JournalRootNode
from backend.journal.projector import project_all
from backend.journal.reading import entries
from backend.journal.roots import making
from backend.journal.roots.checking import RootChanged, RootsCheck
from backend.journal.roots.making import make_due
from backend.journal.roots.publishing import file_of
from backend.journal.roots.statement import Statement, public_key
from backend.kit.clock import fresh_id, now
from backend.kit.db import db, transaction
from backend.wiring import ledger
from points.clock import FixedClock
from points.ledger import GENESIS
from points.ledger.entry import chained, entry_of
from points.ledger.transfer import Earn, TopUp
from tests.app import DISTRICT
from tests.cast import Cast, Person
from tests.points.ledger.town import Town

SCRIPT = Path(__file__).parents[3] / "scripts" / "check_proof.py"


def earn(resident: str, amount: int) -> int:
    at = now()
    grant = Earn(fresh_id(), resident, "civic", amount, deed_at=at, expires_at=at + timedelta(days=365))
    return ledger(DISTRICT).post(grant).number


@pytest.fixture
def resident(cast: Cast) -> Person:
    """Somebody with entries 2, 3 and 4 on one day."""
    person = cast.resident()
    ledger(DISTRICT).post(TopUp(fresh_id(), "civic", 100_000))
    for amount in (5, 6, 7):
        earn(person.id, amount)
    return person


def roots() -> list[JournalRoot]:
    query = select(JournalRoot).order_by(JournalRoot.number)
    return list(db.session.scalars(query.execution_options(populate_existing=True)))


def day_ends(clock: FixedClock) -> None:
    project_all(DISTRICT)
    clock.advance(hours=13)


def check(directory: Path, proof: dict[str, Any], *more: str) -> subprocess.CompletedProcess[str]:
    """Run the documented script on a proof, as its owner would."""
    path = directory / "proof.json"
    path.write_text(json.dumps(proof, ensure_ascii=False), encoding="utf-8")
    return subprocess.run(
        [sys.executable, str(SCRIPT), str(path), *more], capture_output=True, text=True, check=False, timeout=60
    )


def test_a_day_that_is_not_over_has_no_root(resident: Person) -> None:
    project_all(DISTRICT)
    assert make_due(DISTRICT) == 0


def test_a_day_waits_for_entries_that_are_not_copied_yet(resident: Person, clock: FixedClock) -> None:
    project_all(DISTRICT)
    earn(resident.id, 1)
    clock.advance(hours=13)
    assert make_due(DISTRICT) == 0
    project_all(DISTRICT)
    assert make_due(DISTRICT) == 1
    assert (roots()[0].first, roots()[0].last) == (1, 5)


def test_each_day_has_one_root_that_holds_the_one_before_it(resident: Person, clock: FixedClock) -> None:
    day_ends(clock)
    assert make_due(DISTRICT) == 1
    clock.advance(days=2)
    earn(resident.id, 1)
    project_all(DISTRICT)
    assert make_due(DISTRICT) == 2
    assert make_due(DISTRICT) == 0
    made = roots()
    assert [(root.number, root.first, root.last) for root in made] == [(1, 1, 4), (2, 5, 4), (3, 5, 4)]
    assert compare(DISTRICT).roots == 3
    assert compare(DISTRICT).holds


def test_roots_are_public_and_published_as_files(resident: Person, clock: FixedClock, cast: Cast) -> None:
    day_ends(clock)
    make_due(DISTRICT)
    shown = cast.stranger().get("/journal/roots").json["items"]
    published = json.loads(file_of(roots()[0]).read_text(encoding="utf-8"))
    assert [item["statement"] for item in shown] == [published["statement"]]
    assert published["public_key"] == public_key()


def test_roots_are_paged_newest_first(resident: Person, clock: FixedClock, cast: Cast) -> None:
    day_ends(clock)
    clock.advance(days=3)
    make_due(DISTRICT)
    first = cast.stranger().get("/journal/roots", limit=3).json
    rest = cast.stranger().get("/journal/roots", limit=3, cursor=first["next_cursor"]).json
    assert [item["number"] for item in first["items"] + rest["items"]] == [4, 3, 2, 1]
    assert rest["next_cursor"] is None


def test_a_resident_proves_an_entry_offline(resident: Person, clock: FixedClock, tmp_path: Path) -> None:
    day_ends(clock)
    make_due(DISTRICT)
    proof = resident.get("/me/statement/3/proof").json
    kept = str(file_of(roots()[0]))
    told = check(tmp_path, proof, "--published", kept, "--key", public_key())
    assert told.returncode == 0, told.stdout + told.stderr
    assert told.stdout.splitlines()[0] == "holds: entry 3 of 2026-11-20"


@pytest.mark.parametrize("size", [1, 2, 255, 256, 257, 600])
def test_every_place_of_a_day_can_be_proved(
    cast: Cast, clock: FixedClock, tmp_path: Path, size: int, database_url: str
) -> None:
    if size > 2 and database_url.startswith("postgresql"):
        pytest.skip("the tree is the same on every database")
    person = cast.resident()
    ledger(DISTRICT).post(TopUp(fresh_id(), "civic", 100_000))
    at = now()
    year = at + timedelta(days=365)
    ledger(DISTRICT).post_many(
        Earn(fresh_id(), person.id, "civic", 1, deed_at=at, expires_at=year) for _ in range(size - 1)
    )
    if size == 1:
        earn(person.id, 1)
    day_ends(clock)
    make_due(DISTRICT)
    for number in {2, size // 2, size - 1, size} - {0, 1}:
        told = check(tmp_path, person.get(f"/me/statement/{number}/proof").json)
        assert told.returncode == 0, told.stdout + told.stderr
    assert compare(DISTRICT).holds


@pytest.mark.parametrize(
    ("field", "wrong", "says"),
    [
        ("shown", "3\tx\tearn\t1\t999\nresident:x\t999\t999", "does not stand under this root"),
        ("salt", "00" * 16, "does not stand under this root"),
        ("hidden", "00" * 32, "does not stand under this root"),
        ("place", 1, "not at that place"),
        ("path", [], "cannot be read"),
    ],
)
def test_a_proof_that_was_changed_does_not_hold(
    resident: Person, clock: FixedClock, tmp_path: Path, field: str, wrong: Any, says: str
) -> None:
    day_ends(clock)
    make_due(DISTRICT)
    told = check(tmp_path, resident.get("/me/statement/3/proof").json | {field: wrong})
    assert told.returncode == 1
    assert says in told.stdout


@pytest.mark.parametrize(("field", "wrong"), [("day", "2019-01-01"), ("district", "370103"), ("first", 2), ("last", 9)])
def test_what_is_said_beside_the_signed_statement_must_be_what_was_signed(
    resident: Person, clock: FixedClock, tmp_path: Path, field: str, wrong: Any
) -> None:
    day_ends(clock)
    make_due(DISTRICT)
    proof = resident.get("/me/statement/3/proof").json
    told = check(tmp_path, proof | {"root": proof["root"] | {field: wrong}})
    assert told.returncode == 1
    assert "is not what it says" in told.stdout


def test_a_root_signed_by_somebody_else_does_not_hold(resident: Person, clock: FixedClock, tmp_path: Path) -> None:
    day_ends(clock)
    make_due(DISTRICT)
    proof = resident.get("/me/statement/3/proof").json
    proof["root"]["statement"] = proof["root"]["statement"].replace("2026-11-20", "2026-11-21")
    assert "not signed with its key" in check(tmp_path, proof).stdout
    proof = resident.get("/me/statement/3/proof").json
    told = check(tmp_path, proof, "--key", "A" * 43 + "=")
    assert (told.returncode, "another key" in told.stdout) == (1, True)


def test_a_proof_shows_the_resident_nothing_of_others(resident: Person, clock: FixedClock) -> None:
    day_ends(clock)
    make_due(DISTRICT)
    proof = resident.get("/me/statement/3/proof").json
    assert "fund:" not in proof["shown"]
    assert f"resident:{resident.id}\t6\t11" in proof["shown"]


def test_nobody_gets_a_proof_of_anothers_entry(resident: Person, cast: Cast, clock: FixedClock) -> None:
    day_ends(clock)
    make_due(DISTRICT)
    for number in ("3", "1", "99", "x", "-1", "²", "9" * 30):
        refused = cast.resident("何处暑").get(f"/me/statement/{number}/proof")
        assert (refused.status_code, refused.json["code"]) == (404, "not_found")


def test_the_proof_of_today_comes_tomorrow(resident: Person, clock: FixedClock) -> None:
    project_all(DISTRICT)
    refused = resident.get("/me/statement/3/proof")
    assert (refused.status_code, refused.json["code"]) == (409, "root_not_made")
    clock.advance(hours=13)
    make_due(DISTRICT)
    again = resident  # signed in for a day
    assert again.get("/me/statement/3/proof").status_code == 200


def test_a_journal_written_anew_from_one_edited_entry_is_found_by_the_root(resident: Person, clock: FixedClock) -> None:
    day_ends(clock)
    make_due(DISTRICT)
    check, prev = RootsCheck(DISTRICT), GENESIS
    for entry in entries(DISTRICT):
        text = entry.text.replace("\tcivic\t6\t", "\tcivic\t9\t")
        forged = entry_of(prev, chained(prev, text), text)
        assert forged.is_true
        prev = forged.hash
        check.add(forged)
    with pytest.raises(RootChanged, match=r"2026-11-20 \(the entries make another\)"):
        check.finish()


def test_a_root_that_was_edited_is_found(resident: Person, clock: FixedClock) -> None:
    day_ends(clock)
    make_due(DISTRICT)
    with transaction() as session:
        text = func.replace(JournalRoot.statement, "last 4", "last 3")
        session.execute(update(JournalRoot).values(statement=text, last=3))
    found = compare(DISTRICT)
    assert not found.holds
    assert found.broken_root is not None
    assert "2026-11-20" in found.broken_root


def test_a_published_file_that_says_something_else_is_found(resident: Person, clock: FixedClock) -> None:
    day_ends(clock)
    make_due(DISTRICT)
    path = file_of(roots()[0])
    path.write_text(path.read_text(encoding="utf-8").replace("last 4", "last 9"), encoding="utf-8")
    assert "published file" in str(compare(DISTRICT).broken_root)
    make_due(DISTRICT)
    assert "last 9" in path.read_text(encoding="utf-8")  # what was published is not written over


def test_a_root_under_a_strange_key_is_found(resident: Person, clock: FixedClock) -> None:
    day_ends(clock)
    make_due(DISTRICT)
    with transaction() as session:
        session.execute(update(JournalRoot).values(public_key="A" * 43 + "="))
    assert "key" in str(compare(DISTRICT).broken_root)


def test_a_root_made_twice_at_once_is_the_first_one(resident: Person, clock: FixedClock, app: Flask) -> None:
    day_ends(clock)
    make_due(DISTRICT)
    first = roots()[0].seed
    nodes = db.session.scalar(select(func.count()).select_from(JournalRootNode))
    assert make_due(DISTRICT) == 0
    assert (roots()[0].seed, nodes) == (first, 1)
    assert db.session.scalar(select(func.count()).select_from(JournalEntry)) == 4


@pytest.fixture
def redeemed(resident: Person) -> tuple[Person, dict[str, str]]:
    """Their hold of 3 points was captured for all of it, another released; one capture was refunded."""
    town = Town(ledger(DISTRICT), FixedClock(now()))
    town.set_offer(price=3)
    town.adjust_stock(10)
    whole = town.hold(resident.id)
    taken = town.capture(whole.id)
    town.release(town.hold(resident.id).id)
    return resident, {"hold": whole.id, "capture": taken.id, "refund": town.refund(taken.id).id}


def test_a_resident_proves_a_capture_of_their_own_hold(
    redeemed: tuple[Person, dict[str, str]], clock: FixedClock, tmp_path: Path
) -> None:
    person, ids = redeemed
    day_ends(clock)
    make_due(DISTRICT)
    held = person.get(f"/me/statement/{ids['hold']}/proof").json
    assert held["captured_by"] == held["entry"] + 1
    proof = person.get(f"/me/statement/{held['captured_by']}/proof").json
    assert proof["shown"].splitlines()[1:] == [f"of\t{ids['hold']}"]  # nothing of the merchant, nor of the clerk
    assert proof["shown"].splitlines()[0].split("\t")[1:3] == [ids["capture"], "capture"]
    assert person.get(f"/me/statement/{ids['capture']}/proof").json == proof
    told = check(tmp_path, proof, "--key", public_key())
    assert told.returncode == 0, told.stdout + told.stderr
    refund = person.get(f"/me/statement/{ids['refund']}/proof").json
    assert refund["shown"].splitlines()[-1] == f"of\t{ids['capture']}"
    assert check(tmp_path, refund).returncode == 0
    assert "does not stand" in check(tmp_path, proof | {"shown": proof["shown"] + "x"}).stdout


def test_nobody_gets_a_proof_of_what_follows_from_anothers_hold(
    redeemed: tuple[Person, dict[str, str]], cast: Cast, clock: FixedClock
) -> None:
    _, ids = redeemed
    day_ends(clock)
    make_due(DISTRICT)
    other = cast.resident("何处暑")
    for name in (*ids.values(), *map(str, range(1, 13)), fresh_id(), "x" * 99, "雨"):
        refused = other.get(f"/me/statement/{name}/proof")
        assert (refused.status_code, refused.json["code"]) == (404, "not_found"), name


def test_a_root_of_the_first_kind_still_holds(
    redeemed: tuple[Person, dict[str, str]], clock: FixedClock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Roots that were signed before entries named what they follow from are checked as they were made."""
    person, ids = redeemed
    monkeypatch.setattr(making, "VERSION", 1)
    monkeypatch.setattr(making, "Statement", partial(Statement, version=1))
    day_ends(clock)
    make_due(DISTRICT)
    monkeypatch.undo()
    clock.advance(days=1)
    make_due(DISTRICT)
    assert [root.statement.splitlines()[0][-6:] for root in roots()] == ["root 1", "root 2"]
    assert compare(DISTRICT).holds
    proof = (
        Cast(person.app).signed_in("resident", person.id, ("resident",)).get(f"/me/statement/{ids['capture']}/proof")
    )
    assert len(proof.json["shown"].splitlines()) == 1
    assert check(tmp_path, proof.json).returncode == 0
