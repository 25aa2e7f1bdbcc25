"""Each change of the scripts that is excused from being noticed is still one of the changes, once, with its reason."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from benchmarks.ledger_mutants import ROOT, all_mutants, listed, named

SURVIVORS = ROOT / "benchmarks" / "ledger_survivors.txt"


def test_every_excused_change_is_still_one_that_is_made() -> None:
    """Who rewrites a line of the scripts looks at its excuses again."""
    made = {mutant.name for mutant in all_mutants()}
    assert [name for name, _ in listed(SURVIVORS) if name not in made] == []


def test_every_excused_change_has_one_reason() -> None:
    excused = listed(SURVIVORS)
    assert [name for name, why in excused if not why.strip()] == []
    assert [name for name, times in Counter(name for name, _ in excused).items() if times > 1] == []


def test_only_changes_that_exist_can_be_tried_by_name(tmp_path: Path) -> None:
    wanted = tmp_path / "wanted.txt"
    name = all_mutants(["days"])[0].name
    wanted.write_text(f"# a remark\n{name} ## NOT EXPLAINED\n", "utf-8")
    assert [mutant.name for mutant in named(wanted)] == [name]
    wanted.write_text(f"{name}X\n", "utf-8")
    with pytest.raises(SystemExit, match="no such changes"):
        named(wanted)
