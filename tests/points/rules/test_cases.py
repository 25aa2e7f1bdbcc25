"""Every shipped pack is whole, has cases, and its cases come out; every decision on the way keeps its promises."""

from decimal import Decimal
from pathlib import Path

import pytest

from points.rules import Decision, decide, explain, load_pack
from points.rules.cases import cases_of, read_cases, run_cases
from points.rules.problems import Findings
from tests.points.rules.packs import pack as small_pack

FOLDER = Path(__file__).parents[3] / "config" / "rules"
PACKS = sorted(FOLDER.glob("*.yaml"))


@pytest.fixture(params=PACKS, ids=lambda path: path.stem, scope="module")
def ran(request):
    pack = load_pack(request.param)
    return pack, *run_cases(pack, read_cases(FOLDER / "cases" / request.param.name))


def test_every_case_comes_out_as_its_file_says(ran):
    _, misses, _ = ran
    assert [miss.say() for miss in misses] == []


def test_every_rule_of_a_pack_speaks_in_one_of_its_cases(ran):
    pack, _, decisions = ran
    assert {rule.id for rule in pack.rules} == {grant.rule for each in decisions for grant in each.grants}


def test_the_arithmetic_of_every_grant_adds_up(ran):
    _, _, decisions = ran
    for grant in (grant for decision in decisions for grant in decision.grants):
        assert sum((step.delta for step in grant.steps), Decimal(0)) == grant.amount


def test_every_decision_survives_being_stored_and_is_made_again(ran):
    pack, _, decisions = ran
    for decision in decisions:
        stored = decision.to_json()
        again = Decision.from_json(stored)
        assert again.to_json() == stored
        made = decide(pack, again.event, again.facts)
        assert (made.grants, made.digest) == (again.grants, again.digest)


def test_every_decision_is_explained_in_both_languages(ran):
    _, _, decisions = ran
    for decision in decisions:
        for language in ("zh-CN", "en"):
            sentences = explain(decision, language)
            assert decision.document_number in sentences[0]
            for grant in decision.grants:
                assert any(grant.title.say(language) in sentence for sentence in sentences)


def test_a_shipped_pack_is_without_warnings(ran):
    pack, _, _ = ran
    assert [problem.say("en") for problem in pack.problems] == []


def test_a_miss_is_said_in_both_languages_and_a_rule_that_is_not_there_is_called_so(tmp_path):
    made = small_pack()
    one = "{kind: act, category: help, at: 2026-06-10 09:00, resident: lin, silent: {zz: times}}"
    text_of = f"pack: ../x.yaml\ncases:\n- case: one\n  deeds:\n  - {one}\n"
    (miss,), _ = run_cases(made, cases_of(text_of, tmp_path / "x.yaml", Findings("x.yaml")))
    assert miss.say("zh-CN") == f"第 {miss.line} 行：one，第 1 件：应为 zz: times，实为 zz：没有这条规则"
    assert miss.say("en") == f"line {miss.line}: one, deed 1: expected zz: times, found zz: no such rule"
    assert miss.say() == f"{miss.say('zh')} / {miss.say('en')}"
