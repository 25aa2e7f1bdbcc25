"""A deed that lacks what a limit of times counts by is counted for its resident alone: the limit is never void."""

from datetime import timedelta

import pytest

from points.rules import explain, facts_needed, load_pack
from points.rules.book import Book
from points.rules.history import Past
from points.rules.quick import Quick
from points.rules.silent import silent
from tests.points.rules.packs import NOW, deed, pack, raw, rule, written


def once(**times):
    return pack(rule(times={"at_most": 1, "window": "year", **times}))


def told(of, *deeds):
    """What each brings, one after the other, and the last decision."""
    book, given, made = Book(of), [], None
    for place, event in enumerate(deeds):
        made = book.decide(event, book.facts(event, NOW + timedelta(hours=place)))
        given.append(sum(outcome.granted for outcome in made.outcomes.values()))
    return given, made


@pytest.mark.parametrize(
    ("times", "word"),
    [
        ({"per": "household"}, "住户"),
        ({"same": ["about"]}, "对象"),
        ({"same": ["place", "category"]}, "地点"),
        ({"per": "team"}, "队伍"),
    ],
)
def test_it_pays_once_each_resident_and_says_so(times, word):
    of = once(**times)
    given, last = told(of, deed(id="1"), deed(id="2"))
    assert (given[0] > 0, given[1]) == (True, 0)
    (why,) = silent(of, last)
    assert why.code == "times"
    assert why.reason.zh.startswith(f"这件事没有写明{word}，按您本人计：")
    other, made = told(of, deed(id="1"), deed(id="2", resident="another"))
    assert other[0] == other[1] > 0
    assert any(f"这件事没有写明{word}，" in line and "按您本人计" in line for line in explain(made, "zh-CN", of))
    assert any("was counted for you alone" in line for line in explain(made, "en", of))


def test_who_joins_a_household_later_is_not_paid_again():
    of = once(per="household")
    assert told(of, deed(id="1"), deed(id="2", household="h1"))[0][1] == 0
    assert told(of, deed(id="1", household="h1"), deed(id="2"))[0][1] == 0
    assert told(of, deed(id="1", household="h1"), deed(id="2", resident="other", household="h2"))[0][1] > 0


def test_what_it_says_is_told_apart_as_before():
    of = once(same=["about"])
    given, made = told(of, deed(id="1", about="a"), deed(id="2", about="b"), deed(id="3", about="a"))
    assert (given[0] > 0, given[1] > 0, given[2]) == (True, True, 0)
    assert [tally.key for tally in facts_needed(of, deed(id="1", about="a")).tallies] == ["acts.times"]
    assert [tally.key for tally in facts_needed(of, deed(id="1")).tallies] == ["acts.times.own"]
    assert "没有写明" not in "".join(explain(made, "zh-CN", of))


def test_trying_many_deeds_counts_alike():
    of, given = once(per="household"), []
    quick = Quick(of)
    deeds = [
        deed(id="1"),
        deed(id="2"),
        deed(id="3", household="h"),
        deed(id="4", resident="b", household="h"),
        deed(id="5", resident="c", household="h"),
    ]
    for event in deeds:
        given.append(sum(each.granted for each in quick.give(Past(event, NOW, None, ()))[1]))
    assert given == told(of, *deeds)[0]
    assert [points > 0 for points in given] == [True, False, False, True, False]


def test_the_check_says_what_becomes_of_them():
    text = written(raw(rule(when={"kind": "service"}, times={"at_most": 1, "same": ["about"], "window": "year"})))
    (problem,) = load_pack(text, fills={"service": frozenset()}).problems
    assert problem.zh == "系统目前不给“志愿服务”记录对象，次数对它们按居民本人计。"
    assert problem.en.endswith("how often it pays is counted for each resident of them.")
