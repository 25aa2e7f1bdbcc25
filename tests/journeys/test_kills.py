"""The ledger's server is killed before every step of the story; nothing answered is lost, nothing is done twice."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from backend.cli.demo import tickets
from backend.cli.demo.asker import Answer, Asker
from backend.cli.demo.run import CHAPTERS, CODE_SECONDS, make_story
from backend.wiring import ledger
from tests.journeys.conftest import Telling
from tests.journeys.running import up
from tests.servers import Valkey

POINTS = {"赵小满": 20, "钱立夏": 8, "孙白露": 11, "李秋分": 22}
"""What everybody has at the end of a quiet telling."""
SPENT = 30


@pytest.mark.timeout(600)
def test_a_kill_before_every_step_changes_nothing_of_the_story(
    tmp_path: Path,
    private_valkey: Callable[..., Valkey],
    monkeypatch: pytest.MonkeyPatch,
    tellings: dict[str, Telling],  # the others begin meanwhile
) -> None:
    monkeypatch.setattr(tickets, "REAL", tmp_path / "nowhere")  # a sample will do: no import is killed
    server = private_valkey()
    kills = 0
    ask = Asker._ask

    def ask_after_a_kill(self: Asker, method: str, path: str, **more: Any) -> Answer:
        nonlocal kills
        if method == "POST":
            server.restart()
            kills += 1
        return ask(self, method, path, **more)

    monkeypatch.setattr(Asker, "_ask", ask_after_a_kill)
    environment = {"CIVIC_REDIS_URL": server.url, "CIVIC_REDEMPTION_CODE_SECONDS": str(CODE_SECONDS)}
    with up(tmp_path, environment) as (address, place):
        told = io.StringIO()
        story = make_story(address, place, Console(file=told, width=200))
        for chapter in CHAPTERS:
            assert chapter(story) is not False, told.getvalue()
        with story.in_service():
            books = ledger(story.district)
            kept = {name: books.balance(story.resident_ids[name]).available for name in story.residents}
            given = 100_000 - books.account("fund:civic")
            world = books.account("world")
    assert kills > 70
    assert "Refused: a second capture hold_captured, an expired code code_expired" in told.getvalue()
    assert given == sum(kept.values()) + SPENT
    assert world == -100_000 + SPENT
    assert kept == POINTS
