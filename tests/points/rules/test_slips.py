"""What people mistype in YAML is told with the line it stands on and how to write it, in two languages."""

from pathlib import Path

import pytest

from points.rules import PackInvalid, load_pack
from tests.points.rules.packs import raw, rule, written

SHIPPED = (Path(__file__).parents[3] / "config" / "rules" / "langao-bank.yaml").read_text("utf-8")
EXPIRES, ROUNDING, ITEM = "expires: {months: 12}", "rounding: down", "- rule: acts"


def problems(source):
    with pytest.raises(PackInvalid) as caught:
        load_pack(source)
    return caught.value.problems


@pytest.mark.parametrize(
    ("line", "slip", "lower", "said"),
    [
        (EXPIRES, "expires: {months: 12", 0, ("从这一行开始的 {", "begins on this line is not closed")),
        (EXPIRES, "expires: ｛months: 12｝", 0, ("全角括号", "brackets of ASCII")),
        (EXPIRES, "expires: {months: 12，later: 1}", 0, ("全角逗号", "an ASCII comma")),
        (ROUNDING, "rounding:\u3000down", 0, ("全角空格", "a plain one")),
        (ROUNDING, "rounding:\u00a0down", 0, ("不换行空格", "a plain one")),
        (ITEM, "－" + ITEM[1:], 0, ("半角减号", "ASCII -")),
        (ITEM, "-" + ITEM[2:], 0, ("减号后面要空一格", "a - needs a blank")),
        (ROUNDING, "rounding: down\n fund: x", 1, ("这里不能再有冒号", "no colon can stand here")),
        (ROUNDING, "rounding: down\n---\nx: 1", 1, ("不要用 ---", "no line of ---")),
        (ROUNDING, "rounding: \x07down", 0, ("U+0007", "U+0007")),
        (ROUNDING, "rounding: 舍去", 0, ("down（舍去）", "must be one of: down")),
        (ROUNDING, "取整" + ": down", 0, ("是不是想写 `rounding`", "did you mean `rounding`")),
        (ROUNDING, "<<: {rounding: down}", 0, ("键必须是简单的文字", "a plain word")),
    ],
)
def test_a_slip_is_told_with_its_line_and_how_to_write_it(line, slip, lower, said):
    number = SHIPPED[: SHIPPED.index(line)].count("\n") + lower + 1
    told = problems(SHIPPED.replace(line, slip, 1))
    assert any(each.line == number and said[0] in each.zh and said[1] in each.en for each in told), told


def test_a_file_that_never_ends_is_refused_before_it_is_read_to_its_end():
    assert [problem.code for problem in problems(Path("/dev/zero"))] == ["too_long"]


def test_a_file_of_another_encoding_is_told_with_the_line_and_what_to_do(tmp_path):
    file = tmp_path / "gbk.yaml"
    file.write_bytes(b"format: 1\ntitle: " + "标题".encode("gbk"))
    (problem,) = problems(file)
    assert (problem.line, problem.code, "另存为 UTF-8" in problem.zh) == (2, "not_utf8", True)


def test_a_list_with_a_wide_comma_is_told_by_the_words_it_holds():
    told = problems(written(raw(rule(when={"kind": "act", "category": "让座"}), categories={"act": ["让座，献血"]})))
    assert ("unknown_category", "categories 里没有“让座”；有的是：“让座，献血”。") in [(p.code, p.zh) for p in told]
