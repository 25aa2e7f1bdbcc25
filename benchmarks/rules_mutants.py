"""Mutation testing of the decision and the caps: changes each piece of them and counts which changes no test notices.

Works on a copy in a temporary folder. At most 5 % of the changes may stay unnoticed, and each of them stands, as it is
written, in `rules_survivors.txt` beside this file with the reason why no test can notice it; another one fails the run.

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

SURVIVORS = Path(__file__).with_name("rules_survivors.txt")
"""`function: - line + line ## reason`, one change a line; the lines without the space around them."""


def explained() -> dict[str, str]:
    """The reason of each change that no test can notice."""
    lines = SURVIVORS.read_text("utf-8").splitlines()
    said = (line.partition(" ## ") for line in lines if line and not line.startswith("#"))
    return {change: why for change, _, why in said}


def change_of(name: str, shown: str) -> str:
    """A change in one line: the function it is in, what was there and what stands there now."""
    function = re.sub(r"__mutmut_\d+$", "", name).rpartition(".")[2].removeprefix("x_")
    lines = [line for line in shown.splitlines() if re.match(r"[-+](?![-+])", line)]
    return f"{function}: " + " ".join(f"{line[0]} {line[1:].strip()}" for line in lines)


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
        reasons, unexplained = explained(), 0
        for name, state in alive:
            shown = subprocess.run([mutmut, "show", name], cwd=here, capture_output=True, text=True, check=True)
            change = change_of(name, shown.stdout)
            unexplained += change not in reasons
            print(f"{change} ({state}) ## {reasons.get(change, 'NOT EXPLAINED')}")
    share = len(alive) / max(1, len(states))
    print(
        f"{len(states)} changes, {len(alive)} unnoticed ({share:.1%}, at most {MOST:.0%}), {unexplained} not explained"
    )
    if not states or share > MOST or unexplained:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
