"""A correction lets nobody past a cap: what was decided and stays, because it was spent, counts like what is posted."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from random import Random

import pytest
from sqlalchemy import select

from backend.kit import outbox
from backend.kit.clock import fresh_id, now
from backend.kit.db import db, rows
from backend.passbook import posting
from backend.passbook.models import Earning, KeptRoom
from backend.wiring import ledger
from points.clock import FixedClock
from points.ledger.transfer import AdjustStock, Capture, Hold, Reverse, SetOffer
from tests.app import DISTRICT
from tests.backend.passbook.corrected import ask, correct, spend, undo
from tests.backend.passbook.stage import FOUND, HELP, STAR, approve, no, points, told
from tests.cast import Cast, Person

KEPT = select(KeptRoom).where(KeptRoom.district == DISTRICT)
MOST = 30
"""Points of acts a month, to each resident."""
Office = tuple[Person, Person]


def given(resident: Person) -> int:
    """What counts as given to a resident under the cap, with the ledger's own count of it."""
    total = 0
    for row in db.session.scalars(rows(Earning, DISTRICT).where(Earning.resident == resident.id)):
        for grant in posting.grants_of(DISTRICT, [row.id]).get(row.id, []):
            if grant.state in posting.STANDING:
                total += grant.granted + grant.kept
    return total


def spend_at(resident: Person, amount: int) -> None:
    """Points go by the ledger alone, at a counter without a face."""
    books, offer, hold = ledger(DISTRICT), fresh_id(), fresh_id()
    books.post(SetOffer(fresh_id(), offer, amount, ("shop",), now() - timedelta(1), now() + timedelta(1)))
    books.post(AdjustStock(fresh_id(), offer, 1))
    books.post(Hold(hold, resident.id, offer, 1, now() + timedelta(minutes=5)))
    books.post(Capture(fresh_id(), hold, "shop", "clerk"))


def test_points_spent_before_a_correction_still_count_against_the_cap(cast: Cast, office: Office) -> None:
    resident = cast.resident()
    first = approve(resident, STAR)
    spend(cast, resident, 20)
    correct(office, first, category=HELP)
    assert told(resident, first)["granted"] == 10
    (cap,) = (each for each in told(resident, first)["caps"] if each["cap"].startswith("acts.monthly"))
    assert (cap["points"], cap["left"]) == (MOST, 20)
    second, third = approve(resident, STAR), approve(resident, HELP)
    assert [told(resident, each)["granted"] for each in (second, third)] == [20, 0]
    assert given(resident) == MOST


def test_a_second_correction_moves_what_is_kept_and_an_undoing_frees_it(cast: Cast, office: Office) -> None:
    resident = cast.resident()
    first = approve(resident, STAR)
    spend(cast, resident, 20)
    correct(office, first, category=HELP)
    correct(office, first, category=FOUND, assessed_points=6)
    assert told(resident, first)["granted"] == 6
    assert sum(row.points for row in db.session.scalars(KEPT)) == 2 * 6  # of the month, and of the budget
    undo(office, first)
    assert list(db.session.scalars(KEPT)) == []
    assert [told(resident, approve(resident, STAR))["granted"] for _ in range(2)] == [20, 10]


def test_what_is_kept_stays_under_the_caps_of_the_corrected_deed(cast: Cast, office: Office) -> None:
    """The room that the old grant gave back may be taken before the correction: the rest is the fund's loss."""
    resident = cast.resident()
    first, second = approve(resident, STAR), approve(resident, HELP)
    spend(cast, resident, 30)
    correct(office, first, category=HELP)
    correct(office, second, category=STAR)
    assert given(resident) == MOST
    seen = told(resident, second)
    assert (seen["asked"], seen["granted"]) == (20, 20)


def test_postings_wait_while_an_undoing_is_on_its_way(
    cast: Cast, office: Office, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    resident = cast.resident()
    first = approve(resident, STAR)
    spend(cast, resident, 20)
    real = ledger(DISTRICT).post

    def fails(command: object) -> object:
        answer = real(command)
        if isinstance(command, Reverse):
            raise ConnectionResetError  # the process dies behind the posting
        return answer

    monkeypatch.setattr(ledger(DISTRICT), "post", fails)
    correct(office, first, category=HELP)
    second = approve(resident, STAR)
    assert (told(resident, second)["state"], told(resident, second)["granted"]) == ("waiting", 0)
    assert told(resident, second)["grants"][0]["reason"] == "correction_under_way"
    monkeypatch.undo()
    clock.advance(minutes=10)
    while outbox.deliver_due():
        clock.advance(minutes=10)
    assert [told(resident, each)["granted"] for each in (first, second)] == [10, 20]


def test_a_posting_that_was_not_marked_is_found_again_when_its_caps_were_lowered_since(
    cast: Cast, office: Office, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    resident = cast.resident()
    first = approve(resident, STAR)
    spend(cast, resident, 20)
    monkeypatch.setattr(posting, "posted", lambda *_: 1 / 0)  # dies between the posting and its mark
    second = approve(resident, HELP)
    monkeypatch.undo()
    correct(office, first, category=HELP)
    clock.advance(minutes=10)
    while outbox.deliver_due():
        clock.advance(minutes=10)
    assert (told(resident, second)["state"], told(resident, second)["granted"]) == ("posted", 10)
    assert given(resident) == 20


@pytest.mark.parametrize("seed", range(6))
def test_no_order_of_deeds_spending_and_corrections_passes_the_cap(cast: Cast, office: Office, seed: int) -> None:
    random, resident = Random(seed), cast.resident()
    earnings: list[str] = []
    done: Counter[str] = Counter()
    for _ in range(14):
        step = random.choice(("deed", "deed", "correct", "spend", "undo"))
        if step == "deed":
            earnings.append(approve(resident, random.choice((STAR, HELP))))
        elif step == "spend" and points(resident):
            spend_at(resident, random.randint(1, points(resident)))
        elif step in ("correct", "undo") and earnings:
            earning = random.choice(earnings)
            if step == "undo":
                undo(office, earning)
                earnings.remove(earning)
            else:
                asked = ask(office[0], earning, category=random.choice((STAR, HELP, FOUND)))
                if asked.status_code == 409 and no(asked) == (409, "correction_changes_nothing"):
                    continue
                assert office[1].post(f"/staff/corrections/{asked.json['id']}/confirm").status_code == 200
        done[step] += 1
        assert given(resident) <= MOST, (seed, done)
