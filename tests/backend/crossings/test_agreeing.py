"""What left one district is in the other or under way; where it is not, the difference is said."""

from __future__ import annotations

from datetime import timedelta

import pytest
from click.testing import CliRunner

from backend.app import create_app
from backend.cli.main import cli
from backend.cli.place import place, service
from backend.crossings import agreeing
from backend.kit.clock import fresh_id, now
from backend.wiring import ledger
from points.clock import FixedClock
from points.ledger.transfer import ReceiveAcross
from tests.app import DISTRICT, OTHER_DISTRICT
from tests.backend.crossings.stage import Traveller, between
from tests.cast import Cast

NAMES = [DISTRICT, OTHER_DISTRICT]


def test_points_that_arrive_without_having_left_are_a_difference(person: Traveller, clock: FixedClock) -> None:
    person.taken(30)
    assert between() == (0, 0)
    _invent(person.there.id)
    (found,) = agreeing.compare(NAMES)
    assert (found.difference, found.in_one, found.in_other, found.under_way) == (-7, 30, -37, 0)
    assert "相差 -7 分" in found.line
    assert "differs by -7 points (30 and -37, 0 under way)" in found.line


def test_each_pair_is_compared_and_one_district_has_none(cast: Cast) -> None:
    assert list(agreeing.compare([DISTRICT])) == []
    assert [(each.one, each.other) for each in agreeing.compare(NAMES)] == [(DISTRICT, OTHER_DISTRICT)]


def test_verify_says_whether_what_went_between_districts_agrees(
    operators_environment: pytest.MonkeyPatch,
) -> None:
    operators_environment.setenv("CIVIC_SERVICE_DISTRICTS", ",".join(NAMES))
    with service(None):
        pass
    agrees = CliRunner().invoke(cli, ["ledger", "verify"])
    assert (agrees.exit_code, "clearing agrees, 0 points under way" in agrees.output) == (0, True), agrees.output
    with create_app(place(None).settings()).app_context():
        _invent(fresh_id())
    differs = CliRunner().invoke(cli, ["ledger", "verify"])
    assert (differs.exit_code, "clearing differs by -7 points" in differs.output) == (1, True), differs.output
    one = CliRunner().invoke(cli, ["ledger", "verify", "--district", OTHER_DISTRICT])
    assert "clearing" not in one.output


def _invent(resident: str) -> None:
    """Points come out of a clearing account that nobody sent."""
    expires = now() + timedelta(days=9)
    ledger(OTHER_DISTRICT).post(ReceiveAcross(fresh_id(), resident, DISTRICT, 7, expires, fresh_id()))
