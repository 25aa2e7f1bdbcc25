"""However large a file is, it is read in a moment or refused in one."""

import json
import time

import pytest

from points.rules import PackInvalid, load_pack
from points.rules.problems import Findings
from points.rules.source import DEEPEST, MOST_ITEMS, read
from tests.points.rules.packs import cap, raw, rule, written

SECONDS = 20
"""Far more than it takes, for slow machines; what is guarded against took minutes."""


def codes(text):
    """The codes a text is refused with."""
    began = time.process_time()
    with pytest.raises(PackInvalid) as refused:
        load_pack(text)
    assert time.process_time() - began < SECONDS
    return {each.code for each in refused.value.problems}


def holding(items, key="categories"):
    """A whole pack with one odd part more."""
    return written(raw())[:-1] + f', "{key}": {items}}}'


@pytest.mark.parametrize("item", ["1", "[]"])
def test_a_list_of_megabytes_is_refused_before_it_is_read_to_its_end(item):
    count = 3_800_000 // (len(item) + 2)
    assert codes(f"[{', '.join([item] * count)}]") == {"too_much"}


def test_as_much_as_is_allowed_is_read():
    findings = Findings("x")
    assert read("[a,b,c]", findings, 4) == ["a", "b", "c"]
    with pytest.raises(PackInvalid):
        read("[a,b,c]", findings, 3)


def test_the_nesting_is_counted_before_it_is_followed():
    assert codes("[" * 100_000) == {"too_deep"}
    assert codes("[" * (DEEPEST + 2) + "]" * (DEEPEST + 2)) == {"too_deep"}
    assert codes("[" * DEEPEST + "]" * DEEPEST) != {"too_deep"}


def test_a_long_list_of_mixed_things_is_refused_before_its_items_are_compared():
    mixed = json.dumps([1, "a"] * (MOST_ITEMS // 2 + 1))
    assert codes(holding(f'{{"act": {mixed}}}')) == {"too_long"}
    assert codes(holding(json.dumps({"act": [1, "a"]}))) != {"too_long"}


def test_a_cap_may_name_a_thousand_rules():
    rules = [rule(f"r{each}", when={"kind": "act", "category": f"c{each}"}) for each in range(1000)]
    pack = load_pack(written(raw(*rules, caps=[cap(rules=[each["rule"] for each in rules])])))
    assert len(pack.rules) == 1000


def test_of_a_file_full_of_mistakes_the_first_hundred_are_told():
    with pytest.raises(PackInvalid) as refused:
        load_pack(written(raw(*[rule(f"r{each}", odd=1) for each in range(500)])))
    assert len(refused.value.problems) == 100


def test_rules_that_all_meet_are_refused_in_a_moment():
    rules = [rule(f"r{each}") for each in range(1000)]
    assert codes(written(raw(*rules))) == {"ambiguous_rules"}
    apart = [rule(f"r{each}", when={"kind": "act", "attributes": {"class": each}}) for each in range(1000)]
    began = time.process_time()
    load_pack(written(raw(*apart)))
    assert time.process_time() - began < SECONDS
