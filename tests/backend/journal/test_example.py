"""The example in docs/proofs.md does what it says, and the script answers clearly when something is missing."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

HOME = Path(__file__).parents[3]
DOCUMENT = (HOME / "docs" / "proofs.md").read_text(encoding="utf-8")


def run(words: list[str]) -> subprocess.CompletedProcess[str]:
    """The script as documented, with no way out to any network."""
    return subprocess.run(
        [sys.executable, *words[1:]],
        cwd=HOME,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        env={"PATH": ""},
    )


def test_the_documented_command_prints_what_the_document_says() -> None:
    found = re.search(r"^    \$ (python .*)\n((?:    .*\n)+)", DOCUMENT, re.M)
    assert found is not None
    told = run(shlex.split(found[1]))
    assert (told.returncode, told.stderr) == (0, "")
    assert told.stdout == re.sub(r"^    ", "", found[2], flags=re.M)


def test_the_documented_statement_is_the_examples() -> None:
    proof = json.loads((HOME / "docs" / "examples" / "proof.json").read_text(encoding="utf-8"))
    shown = "".join(f"    {line}\n" for line in proof["root"]["statement"].splitlines())
    assert shown in DOCUMENT
    assert "Nine lines" in DOCUMENT
    assert len(proof["root"]["statement"].splitlines()) == 9


@pytest.mark.parametrize("content", ["{}", "[]", '{"root": {"statement": ""}}', "not json"])
def test_a_file_that_is_no_proof_does_not_hold(tmp_path: Path, content: str) -> None:
    path = tmp_path / "proof.json"
    path.write_text(content, encoding="utf-8")
    told = run(["python", str(HOME / "scripts" / "check_proof.py"), str(path)])
    assert (told.returncode, told.stdout.split(":")[0]) == (1, "does not hold")


def test_another_published_root_does_not_hold(tmp_path: Path) -> None:
    other = json.loads((HOME / "docs" / "examples" / "2026-11-20.json").read_text(encoding="utf-8"))
    other["statement"] = other["statement"].replace("number 1", "number 2")
    path = tmp_path / "2026-11-20.json"
    path.write_text(json.dumps(other), encoding="utf-8")
    words = ["python", "scripts/check_proof.py", "docs/examples/proof.json", "--published", str(path)]
    told = run(words)
    assert (told.returncode, "the published root is another one" in told.stdout) == (1, True)
