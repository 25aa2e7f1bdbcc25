"""Hours from any times: inside the shift, in whole minutes, never twice the same minute."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from backend.volunteering.attendance.hours import Span, hours_of

NOON = datetime(2026, 11, 20, 4, 0, tzinfo=UTC)
MOMENTS = st.integers(-90_000, 90_000).map(lambda seconds: NOON + timedelta(seconds=seconds))
SPANS = st.tuples(MOMENTS, MOMENTS).map(lambda pair: Span(min(pair), max(pair)))


@given(SPANS, SPANS)
def test_overlap_is_mutual_and_means_a_shared_moment(a: Span, b: Span) -> None:
    assert a.overlaps(b) == b.overlaps(a)
    shared = max(0.0, (min(a.end, b.end) - max(a.start, b.start)).total_seconds())
    assert a.overlaps(b) == (shared > 0)


@given(SPANS, MOMENTS)
def test_what_is_cut_in_two_does_not_overlap_and_gains_no_minute(span: Span, cut: datetime) -> None:
    cut = min(max(cut, span.start), span.end)
    first, second = Span(span.start, cut), Span(cut, span.end)
    assert not first.overlaps(second)
    assert span.minutes - 1 <= first.minutes + second.minutes <= span.minutes


@given(SPANS, SPANS)
def test_hours_lie_inside_the_window_and_never_exceed_either(presence: Span, shift: Span) -> None:
    counted = presence.within(shift)
    assert 0 <= counted.minutes <= min(presence.minutes, shift.minutes)
    if counted.minutes:
        assert shift.start <= counted.start <= counted.end <= shift.end


@given(st.integers(0, 1440))
def test_hours_are_exact_to_four_decimals(minutes: int) -> None:
    assert abs(hours_of(minutes) * 60 - minutes) <= Decimal("0.003")
    assert round(hours_of(minutes) * 60) == minutes


def test_whole_and_half_hours_are_written_plainly() -> None:
    assert [hours_of(m) for m in (0, 1, 20, 30, 90, 1440)] == [
        Decimal(text) for text in ("0", "0.0167", "0.3333", "0.5", "1.5", "24")
    ]
    assert Span(NOON, NOON + timedelta(seconds=59)).minutes == 0
    assert Span(NOON, NOON - timedelta(hours=1)).minutes == 0
