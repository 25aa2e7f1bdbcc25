"""The feedback rules of a district: from an approved deed and the facts about it to grants of points, explained.

pack = load_pack(Path("config/rules/370112-demo.yaml"))
needed = facts_needed(pack, event)          # what to read from the books, under the lock of the commit
decision = decide(pack, event, facts)       # pure
decision = complete(decision, outcomes)     # when the ledger has answered
sentences = explain(decision, "zh-CN")
"""

from points.rules.caps import Cut
from points.rules.conditions import Names
from points.rules.decide import NOT_IN_FORCE, OTHER_DISTRICT, decide, facts_needed
from points.rules.decision import Decision, Grant, Outcome, complete
from points.rules.explain import explain
from points.rules.facts import AGE_BANDS, Facts, FactsNeeded, Tally, age_band
from points.rules.load import load_pack
from points.rules.named import ids_named
from points.rules.pack import Pack, Rule
from points.rules.problems import PACK_INVALID, PackInvalid, Problem
from points.rules.silent import Silence, silent
from points.rules.steps import Step
from points.rules.texts import Text

__all__ = [
    "AGE_BANDS",
    "NOT_IN_FORCE",
    "OTHER_DISTRICT",
    "PACK_INVALID",
    "Cut",
    "Decision",
    "Facts",
    "FactsNeeded",
    "Grant",
    "Names",
    "Outcome",
    "Pack",
    "PackInvalid",
    "Problem",
    "Rule",
    "Silence",
    "Step",
    "Tally",
    "Text",
    "age_band",
    "complete",
    "decide",
    "explain",
    "facts_needed",
    "ids_named",
    "load_pack",
    "silent",
]
