"""How near is near: each point has its own radius, phones err, and where somebody is refuses nothing."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.kit.geo import Datum, Position, position_of
from backend.volunteering.attendance.nearness import Doubt, judge
from backend.volunteering.check_in_points import CheckInPoint
from tests.backend.volunteering.stage import LAT, LON, METRE

DOOR = CheckInPoint("东门", LAT, LON, 100)
GATE = CheckInPoint("北门", LAT + 1000 * METRE, LON, 30)


@pytest.mark.parametrize(
    ("metres", "accuracy", "doubt"),
    [
        (0, 20, None),
        (99, 20, None),
        (110, 20, Doubt.OUTSIDE),
        (125, 20, Doubt.FAR),
        (5000, 20, Doubt.FAR),
        (5000, 6000, Doubt.OUTSIDE),
        (0, 201, Doubt.VAGUE),
        (975, 5, None),
        (965, 10, Doubt.OUTSIDE),
        (500, 20, Doubt.FAR),
    ],
)
def test_each_distance_leaves_its_doubt(metres: float, accuracy: float, doubt: Doubt | None) -> None:
    assert judge([DOOR, GATE], Position(LAT + metres * METRE, LON, accuracy)).doubt is doubt


def test_the_distance_is_to_the_nearest_point_and_no_position_is_a_doubt_of_its_own() -> None:
    near = judge([DOOR, GATE], Position(LAT + 940 * METRE, LON, 12.3))
    assert (near.distance_m, near.accuracy_m) == (60, 13)
    nothing = judge([DOOR], None)
    assert (nothing.distance_m, nothing.accuracy_m, nothing.doubt) == (None, None, Doubt.NO_POSITION)


@given(st.floats(-90, 90), st.floats(-180, 180), st.floats(0, 100_000), st.sampled_from(Datum))
def test_any_position_on_earth_can_be_judged(lat: float, lon: float, accuracy: float, datum: Datum) -> None:
    near = judge([DOOR], position_of(lat, lon, datum, accuracy))
    assert near.distance_m is not None
    assert 0 <= near.distance_m < 20_100_000


def test_the_same_spot_in_the_phones_datum_is_near() -> None:
    assert (
        judge([CheckInPoint("门", 36.699527, 117.093869, 10)], position_of(36.7, 117.1, Datum.GCJ02, 5)).doubt is None
    )
