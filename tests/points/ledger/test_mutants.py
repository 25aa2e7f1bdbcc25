"""The tests notice changes of the scripts: a few drawn ones here, all of them by `make mutants`."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest

from benchmarks.ledger_mutants import LUA, ROOT, all_mutants, judge
from benchmarks.lua_mutants import mutants_of

QUICK = ("told_histories", "postings")
DRAWN = 10


@pytest.mark.timeout(300)
def test_drawn_changes_of_the_scripts_are_noticed() -> None:
    """The controls: a change that changes nothing must go unnoticed, and what is no Lua must not count as noticed."""
    drawn = random.Random(28).sample(all_mutants(["hold", "capture", "earn", "take"]), DRAWN)
    same = replace(drawn[0], end=drawn[0].start, new="")
    broken = replace(drawn[0], end=drawn[0].start, new=" end end ")
    *judged, (_, of_same), (_, of_broken) = judge([*drawn, same, broken], workers=1, tests=QUICK)
    assert (of_same, of_broken) == ("unnoticed", "no Lua")
    told = {mutant.name: state for mutant, state in judged}
    noticed = [name for name, state in told.items() if state in ("noticed", "hung", "no Lua")]
    assert len(noticed) >= DRAWN * 3 // 4, told  # some change nothing, or need the other tests


def test_changes_are_made_of_code_alone_one_at_a_time() -> None:
    text = (
        "-- x < 1\nlocal function f(a)\n  if a <= 10 and not b then return refuse('no') end\n  put(a, -a .. 'x')\nend\n"
    )
    made = {mutant.now.strip() for mutant in mutants_of("f", text)}
    assert made == {
        "",
        "if a < 10 and not b then return refuse('no') end",
        "if a > 10 and not b then return refuse('no') end",
        "if a <= 11 and not b then return refuse('no') end",
        "if a <= 10 or not b then return refuse('no') end",
        "if a <= 10 and b then return refuse('no') end",
        "if a <= 10 and not b then return refuse('noX') end",
        "if true then return refuse('no') end",
        "if false then return refuse('no') end",
        "put(a, a .. 'x')",
        "put(a, -a .. 'xX')",
    }


def test_every_chapter_is_changed() -> None:
    made = all_mutants()
    assert len(made) > 1500
    assert {mutant.chapter for mutant in made} == {path.stem for path in (ROOT / LUA).glob("*.lua")}
