"""What acts for a person takes their name, and the name stands in the audit log."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from backend.cli.main import cli
from backend.cli.place import service
from backend.settings import CONFIG

ACTING = {
    "staff create": ("staff", "create", "周芒种", "--role", "reviewer"),
    "tickets import": ("tickets", "import", str(CONFIG / "samples" / "tickets_sample.csv")),
    "rebuild": ("ledger", "rebuild"),
    "catch-up": ("ledger", "catch-up"),
    "archive": ("ledger", "archive"),
    "change-root-key": ("ledger", "change-root-key"),
    "restore": ("ledger", "restore", "."),
}


def civic(*words: str) -> Result:
    return CliRunner().invoke(cli, list(words))


@pytest.mark.parametrize("what", ACTING)
@pytest.mark.parametrize("name", [(), ("--as", " ")], ids=["no name", "a blank one"])
def test_a_command_that_acts_for_a_person_is_refused_without_their_name(
    tmp_path: Path, what: str, name: tuple[str, ...]
) -> None:
    refused = civic(*ACTING[what], "--data", str(tmp_path), *name)
    assert (refused.exit_code, "--as" in refused.stderr) == (2, True), refused.output
    assert list(tmp_path.iterdir()) == []


def test_who_acts_stands_in_the_audit_log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in ("CIVIC_DATABASE_URL", "CIVIC_REDIS_URL", "CIVIC_CACHE_URL", "CIVIC_SERVICE_DATA_DIR"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("CIVIC_JOURNAL_ARCHIVE_DIR", str(tmp_path / "archive"))
    home = str(tmp_path / "data")
    with service(home):
        """A place where a service has worked."""
    for what in ("staff create", "catch-up", "archive"):
        done = civic(*ACTING[what], "--data", home, "--as", "邹立夏")
        assert done.exit_code == 0, done.output
    assert civic("ledger", "rebuild", "--replace", "--data", home, "--as", "邹立夏").exit_code == 0
    nothing = civic("ledger", "statement", "merchant:none", "--data", home, "--as", "邹立夏")
    assert (nothing.exit_code, nothing.stdout) == (0, "merchant:none 尚无记账 · no movements\n")
    with sqlite3.connect(tmp_path / "data" / "books.sqlite") as books:
        lines = books.execute("SELECT action, actor FROM audit_line ORDER BY number").fetchall()
    books.close()
    by = "console:邹立夏"
    actions = [action for action, actor in lines if actor == by]
    assert actions == ["staff.invited", "ledger.catch_up", "ledger.archive", "ledger.rebuild", "statement.read"]
