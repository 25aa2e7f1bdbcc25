"""After an undoing: which other deeds a limit of times had refused for the sake of one that has its points no more.

Nothing is given by itself, unlike a turn: two people decide whether a deed that was refused a once-only right is
corrected, or the next one has it. They are told which deeds these are.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select

from backend.kit.db import db
from backend.passbook import earn, packs, tallies
from backend.passbook.models import Correction, Earning
from points.rules import Decision, Pack, Tally, facts_needed

_LOOKED_AT, _TOLD = 200, 20


def freed_by(row: Earning, asked: Sequence[Correction]) -> list[str]:
    """The earnings that were refused because this one had used up a limit which has room now, oldest first.

    `asked` are all its corrections. Of the 200 deeds of a group decided first after it, at most 20. A correction that
    changes nothing of such a deed decides it anew.
    """
    stood = [made.before for made in asked if made.state == "confirmed"]
    found: dict[str, None] = {}
    for decision in (Decision.from_json(before) for before in dict.fromkeys(stood) if before):
        pack = packs.by_digest(row.district, decision.digest)
        for tally in facts_needed(pack, decision.event).tallies:
            if tally.what == "times" and _left(row, decision, tally):
                found |= dict.fromkeys(_refused(row, decision, pack, tally))
    return list(found)[:_TOLD]


def _left(row: Earning, before: Decision, tally: Tally) -> bool:
    """Whether the deed counted there, and does no more."""
    if not _gave(before, tally):
        return False
    now = earn.decision_of(row)
    if row.undone or now is None:
        return True
    pack = packs.by_digest(row.district, now.digest)
    return not (_gave(now, tally) and tally in facts_needed(pack, now.event).tallies)


def _gave(decision: Decision, tally: Tally) -> bool:
    return any(grant.rule in tally.rules for grant in decision.grants)


def _refused(row: Earning, before: Decision, pack: Pack, tally: Tally) -> list[str]:
    """Those of the group that the limit refused, while there is room under it."""
    rule = pack.rule(tally.rules[0])
    if rule is None or rule.times is None:
        return []
    most = rule.times.at_most
    if tallies.count(before.event, tally, tallies.DECIDED) >= most:
        return []
    since = Earning.decided_at >= before.facts.decided_at
    others = (since, Earning.id != row.id, Earning.undone.is_(False), tallies.DECIDED)
    query = select(Earning).where(tallies.group(before.event, tally), *others)
    first = query.order_by(Earning.decided_at, Earning.id).limit(_LOOKED_AT)
    decided = [(each.id, Decision.from_json(each.decision or "")) for each in db.session.scalars(first)]
    return [
        identifier
        for identifier, made in decided
        if made.facts.tallies.get(tally.key, 0) >= most and not _gave(made, tally)
    ]
