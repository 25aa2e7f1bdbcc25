"""Mutation testing of the decision and the caps: changes each piece of them and counts which changes no test notices.

Works on a copy in a temporary folder; at most 5 % of the changes may stay unnoticed, each explained in SURVIVORS.

.venv/bin/python benchmarks/rules_mutants.py
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
MOST = 0.05
NOTICED = ("killed", "timeout", "segfault")
SETTINGS = """
[tool.pytest.ini_options]
testpaths = ["tests"]
addopts = "--import-mode=importlib -p no:cacheprovider"
pythonpath = ["."]
[tool.mutmut]
source_paths = ["points"]
only_mutate = ["points/rules/decide.py", "points/rules/caps.py"]
also_copy = ["config", "tests"]
pytest_add_cli_args_test_selection = ["tests/points/rules"]
"""
TESTS = ("packs.py", "test_caps.py", "test_cases.py", "test_decide.py", "test_decision.py", "test_shapes.py")
"""Those that look at decisions; the properties are left out because each of their runs takes seconds."""

SURVIVORS = {
    "grants_of__mutmut": "`spoken = None` is as false as `spoken = False`",
}
"""What the changes that no test can notice have in common with the code they replace."""


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        here = Path(folder)
        for name in ("points", "config"):
            shutil.copytree(ROOT / name, here / name, ignore=shutil.ignore_patterns("__pycache__"))
        tests = here / "tests" / "points" / "rules"
        tests.mkdir(parents=True)
        (here / "tests" / "__init__.py").touch()
        for name in TESTS:
            shutil.copy(ROOT / "tests" / "points" / "rules" / name, tests)
        (here / "pyproject.toml").write_text(SETTINGS, "utf-8")
        mutmut = Path(sys.executable).parent / "mutmut"
        subprocess.run([mutmut, "run", "--max-children", "2"], cwd=here, check=False, stdout=subprocess.DEVNULL)
        told = subprocess.run(
            [mutmut, "results", "--all", "true"], cwd=here, capture_output=True, text=True, check=True
        )
        states = re.findall(r"^\s*(\S+): (.+)$", told.stdout, re.MULTILINE)
        alive = [(name, state) for name, state in states if state not in NOTICED]
        for name, state in alive:
            shown = subprocess.run([mutmut, "show", name], cwd=here, capture_output=True, text=True, check=True)
            lines = [line for line in shown.stdout.splitlines() if re.match(r"[-+](?![-+])", line)]
            reason = next((why for part, why in SURVIVORS.items() if part in name), "NOT EXPLAINED")
            print(f"{name} ({state}): {reason}", *lines, sep="\n")
    print(f"{len(states)} changes, {len(alive)} unnoticed ({len(alive) / max(1, len(states)):.1%}, at most {MOST:.0%})")
    if not states or len(alive) > MOST * len(states):
        raise SystemExit(1)


if __name__ == "__main__":
    main()
