"""Ceilings: what fits is granted, each cap that cuts is named, and what is taken counts."""

from points.rules.caps import Cut, fit, take


def test_what_fits_is_granted_whole():
    assert fit(10, (("a", 10), ("b", 30)), {}) == (10, ())
    assert fit(10, (("a", 30),), {"a": 20}) == (10, ())
    assert fit(10, (), {"a": 20}) == (10, ())


def test_each_cap_that_cuts_is_named_with_what_was_asked_and_left():
    caps = (("b", 30), ("a", 25), ("c", 100))
    assert fit(20, caps, {"a": 10, "b": 25}) == (5, (Cut("a", 20, 15), Cut("b", 15, 5)))


def test_a_used_up_cap_leaves_nothing_and_never_less():
    assert fit(10, (("a", 30),), {"a": 30}) == (0, (Cut("a", 10, 0),))
    assert fit(10, (("a", 30),), {"a": 31}) == (0, (Cut("a", 10, 0),))


def test_what_is_taken_counts_under_every_cap():
    used = {"a": 5}
    take(7, (("a", 30), ("b", 10)), used)
    assert used == {"a": 12, "b": 7}
