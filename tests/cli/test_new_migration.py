"""`make migration`: what it writes stands in the project's own style at once."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

from backend.settings import ROOT


def test_a_new_migration_needs_no_formatting_by_hand(tmp_path: Path) -> None:
    folder = tmp_path / "backend" / "migrations"
    shutil.copytree(ROOT / "backend" / "migrations", folder, ignore=shutil.ignore_patterns("versions", "__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    (folder / "versions").mkdir()
    code = "import sys, pathlib; from backend.cli.new_migration import main; main('All', pathlib.Path(sys.argv[1]))"
    made = subprocess.run(
        [sys.executable, "-c", code, str(folder)], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert made.returncode == 0, made.stderr
    (written,) = (folder / "versions").glob("*.py")
    assert "op.create_table(" in written.read_text("utf-8")
    for question in (("format", "--check"), ("check",)):
        asked = [sys.executable, "-m", "ruff", *question, "--no-cache", str(written)]
        answer = subprocess.run(asked, cwd=tmp_path, capture_output=True, text=True, check=False)
        assert answer.returncode == 0, answer.stdout
