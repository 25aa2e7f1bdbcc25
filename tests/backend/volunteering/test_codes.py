"""The rotating code: 30 seconds, one step either side, and nothing about it that can be guessed for long."""

from datetime import UTC, datetime, timedelta

from backend.volunteering.activities import codes

AT = datetime(2026, 11, 20, 5, 0, 10, tzinfo=UTC)
SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


def test_a_code_is_taken_in_its_step_and_the_one_before_and_after() -> None:
    code, step = codes.shown(SECRET, AT).code, int(AT.timestamp()) // 30
    for seconds in (-30, 0, 19, 30, 49):
        assert codes.step_of(SECRET, code, AT + timedelta(seconds=seconds)) == step, seconds
    for seconds in (-41, 50, 3600):
        assert codes.step_of(SECRET, code, AT + timedelta(seconds=seconds)) is None, seconds


def test_the_screen_is_told_when_the_next_code_comes() -> None:
    shown = codes.shown(SECRET, AT)
    assert shown.changes_at == datetime(2026, 11, 20, 5, 0, 30, tzinfo=UTC)
    assert codes.shown(SECRET, shown.changes_at - timedelta(milliseconds=1)).code == shown.code
    assert codes.shown(SECRET, shown.changes_at).code != shown.code


def test_two_shifts_have_two_secrets() -> None:
    assert codes.new_secret() != codes.new_secret()
    assert codes.step_of(codes.new_secret(), codes.shown(SECRET, AT).code, AT) is None
