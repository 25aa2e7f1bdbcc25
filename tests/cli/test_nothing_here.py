"""Commands that work on what is there: a mistyped directory or account is refused, and nothing is made."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from backend.cli.main import cli
from backend.settings import CONFIG

SIMULATE = ("rules", "simulate", str(CONFIG / "rules" / "370112-demo.yaml"))
THERE = {
    "verify": ("ledger", "verify"),
    "statement": ("ledger", "statement", "fund:civic", "--as", "邹立夏"),
    "rebuild": ("ledger", "rebuild", "--as", "邹立夏"),
    "catch-up": ("ledger", "catch-up", "--as", "邹立夏"),
    "archive": ("ledger", "archive", "--as", "邹立夏"),
    "doctor": ("doctor",),
    "simulate": SIMULATE,
    "simulate and attach": (*SIMULATE, "--attach", "--as", "邹立夏"),
    "publish": ("rules", "publish", str(CONFIG / "rules" / "370112-demo.yaml"), "--as", "邹立夏"),
    "withdraw": ("rules", "withdraw", str(CONFIG / "rules" / "370112-demo.yaml"), "--as", "邹立夏"),
    "suspend": ("rules", "suspend", "0123abcd", "--reason", "抄错", "--as", "邹立夏"),
    "diff": ("rules", "diff", str(CONFIG / "rules" / "370112-demo.yaml")),
    "staff create": ("staff", "create", "周芒种", "--role", "reviewer", "--as", "邹立夏"),
    "tickets import": ("tickets", "import", str(CONFIG / "samples" / "tickets_sample.csv"), "--as", "邹立夏"),
}


def civic(*words: str) -> Result:
    return CliRunner().invoke(cli, list(words))


@pytest.fixture(autouse=True)
def outside(monkeypatch: pytest.MonkeyPatch) -> None:
    """No addresses from the environment of whoever runs the tests."""
    for name in ("CIVIC_DATABASE_URL", "CIVIC_REDIS_URL", "CIVIC_CACHE_URL", "CIVIC_SERVICE_DATA_DIR"):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.parametrize("what", THERE)
@pytest.mark.parametrize("there", [True, False], ids=["an empty directory", "no directory"])
def test_a_directory_that_was_never_initialised_is_refused_and_not_made(tmp_path: Path, what: str, there: bool) -> None:
    home = tmp_path / "typo"
    if there:
        home.mkdir()
    refused = civic(*THERE[what], "--data", str(home))
    assert (refused.exit_code, "code: nothing_here" in refused.stderr) == (2, True), refused.output
    assert str(home) in refused.stderr
    assert home.exists() == there
    assert list(tmp_path.rglob("*")) == ([home] if there else [])


def test_books_at_an_address_are_enough(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CIVIC_DATABASE_URL", f"sqlite:///{tmp_path / 'elsewhere.sqlite'}")
    caught_up = civic("ledger", "catch-up", "--as", "邹立夏", "--data", str(tmp_path / "data"))
    assert caught_up.exit_code == 0, caught_up.output


@pytest.mark.parametrize("account", ["nonsense", "fund:", "resident", "fund:a b", ""])
def test_a_name_that_is_no_account_is_refused(tmp_path: Path, account: str) -> None:
    refused = civic("ledger", "statement", account, "--as", "邹立夏", "--data", str(tmp_path))
    assert (refused.exit_code, "code: account_unknown" in refused.stderr) == (2, True), refused.output
