"""Where two caps cut one grant the explanation of each is true, and its arithmetic adds up."""

import re

from points.rules import explain
from points.rules.book import Book
from tests.points.rules.packs import NOW, cap, deed, pack


def said(language, *caps, deeds=1):
    book = Book(pack(caps=list(caps)))
    for place in range(deeds):
        event = deed(id=str(place))
        made = book.decide(event, book.facts(event, NOW))
    return explain(made, language, book.pack), book.used


def test_only_the_cap_that_is_used_up_is_said_to_be():
    lines, used = said("zh-CN", cap("a", points=8), cap("b", points=5))
    (wide,), (narrow,) = (
        [line for line in lines if line.startswith("“a”")],
        [line for line in lines if line.startswith("“b”")],
    )
    assert wide == "“a”的上限是 8 分，当时还剩 8 分，所以 10 分只能给 8 分；别的上限减得更多，这个上限还剩 3 分。"
    assert narrow == "“b”的上限是 5 分，当时还剩 5 分，所以 8 分只能给 5 分；这个上限现在用完了。"
    assert sorted(used.values()) == [5, 5]


def test_each_cut_begins_where_the_one_before_ended_and_the_last_is_what_was_added():
    lines, _ = said("en", cap("a", points=18), cap("b", points=15), cap("c", per="district", points=14), deeds=2)
    cuts = [[int(part) for part in found] for line in lines for found in re.findall(r"so (\d+) became (\d+)", line)]
    assert cuts == [[10, 8], [8, 5], [5, 4]]
    assert [
        re.findall(r"(\d+) are left of this one|(nothing) is left", line)[0] for line in lines if " became " in line
    ] == [
        ("4", ""),
        ("1", ""),
        ("", "nothing"),
    ]
    assert "4 points were added." in lines
