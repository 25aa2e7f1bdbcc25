"""The main job, end to end, as a newcomer sees it: `civic demo`, twice, on both databases."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.journeys.running import civic
from tests.postgres import Postgres

SAID = {
    "sign-in": "wechat_code_invalid",
    "cap": "应得 20 分,被每月上限截为 10 分",
    "band": r"[5, 5, 2]",
    "second capture": "hold_captured",
    "expired code": "code_expired",
    "fourth redemption": "out_of_stock",
    "proof": "账本与流水一致",
}
HEAD = re.compile(r"ledger head: (\d+) ([0-9a-f]{40})")


@pytest.fixture(params=["sqlite", "postgresql"])
def environment(request: pytest.FixtureRequest) -> dict[str, str]:
    """Embedded defaults, or the production database."""
    if request.param == "sqlite":
        return {}
    server: Postgres = request.getfixturevalue("postgres_server")
    return {"CIVIC_DATABASE_URL": server.fresh()}


@pytest.mark.timeout(600)
def test_the_story_is_told_whole_and_a_second_telling_changes_nothing(
    tmp_path: Path, environment: dict[str, str]
) -> None:
    first = civic("demo", "--data", str(tmp_path), "--port", "0", "--exit", env=environment)
    assert first.returncode == 0, first.stdout + first.stderr
    for what, words in SAID.items():
        assert words in first.stdout, what
    second = civic("demo", "--data", str(tmp_path), "--port", "0", "--exit", env=environment)
    assert second.returncode == 0, second.stdout + second.stderr
    assert HEAD.findall(second.stdout) == HEAD.findall(first.stdout)
    assert table(second.stdout) == table(first.stdout)
    assert "Traceback" not in first.stderr + second.stderr
    verified = civic("ledger", "verify", "--data", str(tmp_path), env=environment)
    assert (verified.returncode, "账本与流水一致" in verified.stdout) == (0, True), verified.stderr


def table(told: str) -> str:
    """The figures at the end of the story."""
    return told.partition("this demonstration")[2].partition("http://")[0]
