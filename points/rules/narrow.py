"""Step: of many rules for one category, the few that can speak for a deed, found by what the deed itself says.

Rules of a category are often told apart by one more word (the activity, the street, a class). They are put in a table
by that word, so that a deed does not meet each of them. It only leaves out rules of which one condition cannot hold;
the rest are asked as ever, in the same order.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from points.events import DeedApproved
from points.rules.conditions import Condition, OneOf

if TYPE_CHECKING:
    from points.rules.pack import Rule

FEW = 8
"""So many rules are asked one after the other."""
_FIELDS = ("street", "team", "activity")
_ATTRIBUTE = "attributes."


def by_the_deed(condition: Condition) -> bool:
    """Whether the deed alone, without facts, tells if the condition holds, by one word of it."""
    return isinstance(condition, OneOf) and (condition.what in _FIELDS or condition.what.startswith(_ATTRIBUTE))


class Narrow:
    """Rules in their order, split by a word of the deed where that leaves fewer; built as words are met."""

    __slots__ = ("_by_word", "_found", "_others", "_read", "_rest", "_rules")

    def __init__(self, rules: tuple[Rule, ...]) -> None:
        self._rules = rules
        self._read: Callable[[DeedApproved], Any] | None = None
        what = _best(rules) if len(rules) > FEW else None
        if what is None:
            return
        self._read = _reader(what)
        self._found: dict[Any, Narrow] = {}
        self._by_word: dict[Any, list[int]] = {}
        self._rest: list[int] = []
        for place, rule in enumerate(rules):
            words = _words(rule, what)
            if words is None:
                self._rest.append(place)
            for word in words or ():
                self._by_word.setdefault(word, []).append(place)
        self._others = Narrow(tuple(rules[place] for place in self._rest))

    def meet(self, event: DeedApproved) -> tuple[Rule, ...]:
        """The rules that the deed's words leave, always the same tuple for the same words."""
        here = self
        while here._read is not None:
            here = here._of(here._read(event))
        return here._rules

    def _of(self, word: Any) -> Narrow:
        if word not in self._by_word:
            return self._others
        found = self._found.get(word)
        if found is None:
            places = sorted({*self._by_word[word], *self._rest})
            found = self._found[word] = Narrow(tuple(self._rules[place] for place in places))
        return found


def _best(rules: tuple[Rule, ...]) -> str | None:
    """The word by which at most half of the rules are left, and the fewest."""
    best, fewest = None, len(rules) // 2
    for what in sorted(set(_asked(rules))):
        rest, named = 0, Counter[Any]()
        for rule in rules:
            words = _words(rule, what)
            rest += words is None
            named.update(words or ())
        most = rest + max(named.values(), default=0)
        if most <= fewest:
            best, fewest = what, most
    return best


def _asked(rules: Iterable[Rule]) -> Iterator[str]:
    for rule in rules:
        yield from (each.what for each in rule.rest if by_the_deed(each))


def _words(rule: Rule, what: str) -> frozenset[Any] | None:
    """The words with which the rule can speak; None when it does not say, or says which not."""
    for each in rule.rest:
        if isinstance(each, OneOf) and each.what == what and not each.negated:
            return each.values
    return None


def _reader(what: str) -> Callable[[DeedApproved], Any]:
    if not what.startswith(_ATTRIBUTE):
        return attrgetter(what)
    name = what.removeprefix(_ATTRIBUTE)

    def read(event: DeedApproved) -> Any:
        return event.attributes.get(name)

    return read
