"""The table of `civic rules simulate`: its own words Chinese first and English second, and every row has a name."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from backend.cli.main import cli
from backend.cli.rules_words import called, figure, name, section
from points.rules.history import Past, write_history
from tests.points.rules.packs import NOW, cap, deed, pack, raw, rule, written
from tests.points.rules.test_trial import pasts


@pytest.fixture
def printed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Deeds through a pack beside a meaner one; of one deed neither street nor age is known."""
    monkeypatch.setenv("COLUMNS", "200")
    new, old, history = tmp_path / "new.yaml", tmp_path / "old.yaml", tmp_path / "history.csv"
    new.write_text(written(raw()), "utf-8")
    old.write_text(written(raw(rule(points={"each": 4}))), "utf-8")
    with history.open("w", encoding="utf-8", newline="") as out:
        write_history([*pasts(), Past(deed(id="deed-7", at=NOW, resident="sun", street=None), NOW, None, ())], out)
    done = CliRunner().invoke(cli, ["rules", "simulate", str(new), "--against", str(history), "--beside", str(old)])
    assert done.exit_code == 0, done.output
    return done.output


def test_rows_are_named_in_chinese_first(printed: str) -> None:
    for words in ("合计 / total", "实得积分 / points given", "基尼系数 / gini", "积分增加的居民 / residents who gain"):
        assert words in printed


def test_rules_caps_budgets_and_funds_are_called_by_their_titles() -> None:
    def titled(zh: str) -> dict[str, dict[str, str]]:
        return {"title": {"zh": zh, "en": zh}}

    yearly = {"budget": "all", **titled("全年"), "window": "year", "points": 9}
    made = pack(rule(**titled("扫雪")), caps=[cap(**titled("每月最多"))], budgets=[yearly])
    assert called("by rule", "acts", made) == "扫雪 / acts"
    assert called("cap: times it cut", "monthly", made) == "每月最多 / monthly"
    assert called("budget: runs out", "all 2026", made) == "全年 2026 / all 2026"
    assert called("by fund", "civic", made) == "文明积分基金 / civic"
    assert called("by rule", "left-out", made) == "left-out"
    assert called("total", "all", made) == "全体 / all"


def test_no_row_is_named_by_a_question_mark(printed: str) -> None:
    cells = [cell.strip() for line in printed.splitlines() for cell in line.split("│")]
    assert "?" not in cells
    assert {"街道未记录 / street not recorded", "年龄段未记录 / age not recorded"} <= set(cells)


def test_names_that_are_not_ours_stay_as_they_are() -> None:
    assert (name("370112001"), section("by moon"), figure("12")) == ("370112001", "by moon", "12")
    assert figure("never") == "不会用尽 / never"


def test_age_bands_and_what_is_used_of_a_budget_are_said_in_words() -> None:
    assert (name("60_up"), figure("45 of 50")) == ("60 周岁及以上 / 60_up", "45 / 50")
    assert figure("3 days, week") == "3 天、每周 / 3 days, week"
