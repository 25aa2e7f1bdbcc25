"""Beside the decisions: which further facts of a deed a pack asks for, and so a reviewer may verify."""

from __future__ import annotations

from collections.abc import Iterable

from points.rules.conditions import Condition, Consented, OneOf, Value
from points.rules.pack import Pack, Rule
from points.rules.shapes import Table

_PREFIX = "attributes."


def attributes_asked(pack: Pack, kind: str, category: str) -> dict[str, frozenset[Value]]:
    """The attributes that conditions, coefficients and tables for such deeds look at, each with its values."""
    found: dict[str, set[Value]] = {}
    for rule in pack.candidates(kind, category):
        for condition in _conditions(rule):
            if isinstance(condition, OneOf) and condition.what.startswith(_PREFIX):
                found.setdefault(condition.what.removeprefix(_PREFIX), set()).update(condition.values)
        if isinstance(rule.shape, Table) and rule.shape.by != "category":
            found.setdefault(rule.shape.by, set()).update(rule.shape.entries)
    return {name: frozenset(values) for name, values in sorted(found.items())}


def consents_asked(pack: Pack) -> tuple[str, ...]:
    """The consents that any condition of the pack looks at."""
    of_rules = (each for rule in pack.rules for each in _conditions(rule))
    return tuple(sorted({name for each in of_rules if isinstance(each, Consented) for name in each.consents}))


def _conditions(rule: Rule) -> Iterable[Condition]:
    yield from rule.conditions
    for coefficient in rule.coefficients:
        for case in coefficient.cases:
            yield from case.conditions
