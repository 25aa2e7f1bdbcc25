"""Step: what was decided, with all it was decided from; stored as it is and completed by what could be posted."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import NamedTuple

from points.events import DeedApproved
from points.rules import wire
from points.rules.caps import Cut
from points.rules.facts import Facts
from points.rules.steps import Step
from points.rules.texts import Text

FORMAT = 1


class CapTitle(NamedTuple):
    """Which cap a key of a grant belongs to."""

    key: str
    title: Text


@dataclass(frozen=True, slots=True)
class Grant:
    """What one rule gives: asked of the ledger under its caps. `steps` add up to `amount`."""

    rule: str
    title: Text
    amount: int
    fund: str
    expires_at: datetime
    opens_at: datetime | None
    caps: tuple[tuple[str, int], ...]
    steps: tuple[Step, ...]
    counted: str = "0"
    """How much of the deed's quantity counted, as a decimal; later deeds of the same group build on it."""
    cap_titles: tuple[CapTitle, ...] = ()
    overflow: int = 0
    """Points that no longer fitted the resident's store and stay with `overflow_fund` as a donation."""
    overflow_fund: str | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a grant. `state`: posted, waiting (fund not covered yet, ledger away), refused, undone."""

    state: str
    granted: int = 0
    cuts: tuple[Cut, ...] = ()
    reason: str | None = None
    """The code of the refusal, when it was refused or waits."""
    entry: int | None = None
    """The number of the ledger's entry."""

    def __post_init__(self) -> None:
        if self.state not in ("posted", "waiting", "refused", "undone"):
            raise ValueError(f"no such state of a grant: {self.state}")


@dataclass(frozen=True, slots=True)
class Decision:
    """What the rules say of one deed. The same pack, event and facts make the same bytes of `to_json`."""

    pack: str
    version: int
    digest: str
    document: Text
    document_number: str
    timezone: str
    category: Text
    """The deed's category in both languages, as the pack words it."""
    event: DeedApproved
    facts: Facts
    grants: tuple[Grant, ...]
    outcomes: Mapping[str, Outcome] = field(default_factory=dict)
    """By rule; empty until the ledger has answered."""

    @property
    def amount(self) -> int:
        """Points asked for, all grants together."""
        return sum(grant.amount for grant in self.grants)

    @property
    def granted(self) -> int:
        """Points posted so far."""
        return sum(outcome.granted for outcome in self.outcomes.values())

    def to_json(self) -> str:
        """Canonical JSON: sorted keys, times in UTC, decimals as text."""
        return canonical({"format": FORMAT, **wire.pack_value(self)})

    @classmethod
    def from_json(cls, text: str) -> Decision:
        """The decision of such a JSON; ValueError for another format."""
        read = json.loads(text)
        if read.pop("format", None) != FORMAT:
            raise ValueError("a decision of another format")
        return wire.unpack(cls, read)


def complete(decision: Decision, outcomes: Mapping[str, Outcome]) -> Decision:
    """The decision with what became of its grants, by rule; later outcomes replace earlier ones."""
    unknown = set(outcomes) - {grant.rule for grant in decision.grants}
    if unknown:
        raise ValueError(f"no such grants: {sorted(unknown)}")
    return replace(decision, outcomes={**decision.outcomes, **outcomes})


def canonical(value: object) -> str:
    """JSON with sorted keys and no spaces."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
