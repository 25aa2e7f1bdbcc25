"""Chinese is written with full-width marks, and says its states in Chinese."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from backend.kit.state_words import STATES, STEPS
from backend.kit.states import WRONG_STATE, States
from points.errors import KINDS
from points.rules import explain, load_pack, silent
from points.rules.cases import read_cases, run_cases
from points.rules.decision import Cut, Outcome
from tests.contract.chinese import READERS, ROOT, files, half_width, in_python

NOT_SENTENCES = {
    "backend/wechat/emulator/template_fields.py": "a pattern",
    "tests/backend/wechat/vectors.json": "the title of an outside page",
    "tests/backend/passbook/small.py": "YAML in a string",
    "tests/backend/passbook/test_packs.py": "YAML in a string",
    "tests/backend/tickets/test_persons.py": "a report as a resident typed it",
    "tests/contract/test_chinese.py": "the marks that are looked for",
}
PACKS = sorted((ROOT / "config" / "rules").glob("*.yaml"))


def test_no_half_width_mark_touches_a_chinese_character() -> None:
    found, read = [], set()
    for path in files():
        name = path.relative_to(ROOT).as_posix()
        read.add(name)
        if name not in NOT_SENTENCES:
            parts = ((line, part) for line, text in READERS[path.suffix](path) for part in half_width(text))
            found += [f"{name}:{line}: {part}" for line, part in parts]
    assert found == []
    assert {"backend/kit/states.py", "config/tickets.yaml", "README.zh-CN.md", *NOT_SENTENCES} <= read


@pytest.mark.parametrize("name", sorted(set(NOT_SENTENCES)))
def test_an_exception_is_still_needed(name: str) -> None:
    path = ROOT / name
    assert [part for _, text in READERS[path.suffix](path) for part in half_width(text)]


@pytest.mark.parametrize(
    "text",
    [
        "今天已满,请明天再来。",
        "理由:{reason}",
        "{day} 更正:由 {before} 分改为 {after} 分",
        "规则“{title}”:{why}。",
        "（试行)",
        "历城区(演示)",
        "{count} 件,{kind} 类的",
        "已提交,等另一人发布 / handed in; another person publishes it",
        "在运行吗?",
        "`adds`:与其他规则相加",
    ],
)
def test_a_half_width_mark_is_found(text: str) -> None:
    assert len(half_width(text)) == 1


@pytest.mark.parametrize(
    "text",
    [
        "班次 08:30 开始，比例 1:2。",
        "已提交，等另一人发布 / handed in; another person publishes it",
        "请写 `adds: true`。",
        "端口 {host}:{port} 已被占用。",
        "账户写作 fund:名称、resident:编号。",
        "Rule “{title}” ({id}): {why}",
    ],
)
def test_codes_and_english_keep_theirs(text: str) -> None:
    assert half_width(text) == []


def test_pieces_of_one_sentence_are_read_together(tmp_path: Path) -> None:
    file = tmp_path / "pieces.py"
    file.write_text(
        '"""A word (立案) in English."""\nsaid = (\n    f"{points}"  # a comment\n    ",每次"\n)\n', "utf-8"
    )
    assert [(line, half_width(text)) for line, text in in_python(file)] == [(3, ["{points},每次"])]


def _everything() -> None:
    """Load whatever declares a refusal or a table of states."""
    for name in ("backend.features", "backend.cli.main"):
        importlib.import_module(name)


def test_every_refusal_is_said_with_full_width_marks() -> None:
    _everything()
    assert {"wrong_state", "not_found", "limit_reached", "settings_wrong"} <= KINDS.keys()
    assert {code: half_width(kind.zh) for code, kind in KINDS.items() if half_width(kind.zh)} == {}


@pytest.mark.parametrize("path", PACKS, ids=lambda path: path.stem)
def test_every_decision_of_the_cases_is_explained_with_full_width_marks(path: Path) -> None:
    said = list(_said(path))
    assert said
    assert [part for sentence in said for part in half_width(sentence)] == []


def _said(path: Path) -> Iterator[str]:
    """What the cases' decisions say: as they came out, while they wait, refused, and cut to one point."""
    pack = load_pack(path)
    for decision in run_cases(pack, read_cases(path.parent / "cases" / path.name))[1]:
        yield from explain(decision, "zh-CN", pack)
        yield from (f"{each.title.zh}：{each.reason.zh}" for each in silent(pack, decision))
        for grant in decision.grants:
            cuts = tuple(Cut(key, grant.amount, 1) for key, _ in grant.caps)
            for outcome in (Outcome("waiting", reason="x"), Outcome("refused", reason="x"), Outcome("posted", 1, cuts)):
                decision.outcomes[grant.rule] = outcome
                yield from explain(decision)


def test_every_state_and_step_has_a_chinese_word() -> None:
    _everything()
    ours = [module for name, module in sys.modules.items() if name.startswith("backend.")]
    tables = [each for module in ours for each in vars(module).values() if isinstance(each, States)]
    assert len(tables) >= 8
    states = {str(state) for table in tables for starts, end in table.steps.values() for state in (*starts, end)}
    assert (states - STATES.keys(), {step for table in tables for step in table.steps} - STEPS.keys()) == (set(), set())


def test_a_step_the_state_does_not_allow_is_refused_in_chinese_words() -> None:
    refusal = WRONG_STATE(state="closed", step="dispatch")
    assert refusal.sentence() == "当前为“已办结”，不能派遣。"
    assert refusal.sentence("en") == "In its present state (closed) the step “dispatch” is not possible."


@pytest.mark.parametrize(
    ("code", "details", "sentence"),
    [
        ("limit_reached", {"period": "day"}, "已达到每日的兑换次数限制。"),
        ("redemption_ended", {"state": "captured"}, "这次兑换已结束（已核销），可以重新兑换。"),
        ("consent_needed", {"purpose": "position"}, "此操作需要您先同意：使用位置。"),
    ],
)
def test_codes_in_a_refusal_are_said_in_chinese_words(code: str, details: dict[str, str], sentence: str) -> None:
    refusal = KINDS[code](**details)
    assert (refusal.sentence(), refusal.details) == (sentence, details)
