"""What a resident may have at most: what the ledger keeps, and what is on its way there, each point once.

A grant that waits counts with what its caps leave. One that replaces what is being undone counts the larger of both.
"""

from __future__ import annotations

from collections import Counter, defaultdict

from sqlalchemy import and_, select

from backend.journal import service as journal
from backend.kit.clock import fresh_id
from backend.kit.db import db
from backend.passbook import kept
from backend.passbook.models import Earning, GrantRow
from backend.wiring import ledger
from points.errors import Refused
from points.events import DeedApproved
from points.ledger.transfer import Reverse
from points.rules import Decision
from points.rules.caps import fit, take

Caps = tuple[tuple[str, int], ...]


def balance(event: DeedApproved, but: str | None = None) -> int:
    """The most that the resident of a deed may have; `but` is an earning whose waiting grants are left out.

    The books are asked first: a posting that comes between is counted twice, never not at all.
    """
    found = _under_way(event)
    had = ledger(event.district).balance(event.resident)
    waiting: defaultdict[str, Counter[str]] = defaultdict(Counter)
    undone: defaultdict[str, Counter[str]] = defaultdict(Counter)
    leaves: Counter[str] = Counter()
    for grant, _ in found:
        if grant.state == "undoing":
            left, spent = _taken_back(grant)
            leaves[grant.earning] += left
            undone[grant.earning][grant.rule] += spent + grant.kept
    freed = sum(grant.granted for grant, _ in found if grant.state == "undoing")
    used: Counter[str] = Counter()
    for grant, decision in found:
        if grant.state == "waiting":
            waiting[grant.earning][grant.rule] += _fits(grant, decision, used, freed)
    coming = 0
    for earning, rules in waiting.items():
        comes = sum(max(0, points - undone[earning][rule]) for rule, points in rules.items())
        coming += 0 if earning == but else max(0, comes - leaves[earning])
    return had.available + had.held + had.pending + coming


def _under_way(event: DeedApproved) -> list[tuple[GrantRow, str | None]]:
    """The resident's grants that wait or are being undone, in the order in which they came."""
    joined = and_(Earning.district == GrantRow.district, Earning.id == GrantRow.earning)
    query = select(GrantRow, Earning.decision).join(Earning, joined).order_by(GrantRow.id)
    of_resident = (Earning.district == event.district, Earning.resident == event.resident)
    rows = db.session.execute(query.where(*of_resident, GrantRow.state.in_(("waiting", "undoing"))))
    return [(grant, decision) for grant, decision in rows]


def _fits(grant: GrantRow, decision: str | None, used: Counter[str], freed: int) -> int:
    """What the caps leave of a grant, with all the room that may come back to them."""
    grants = Decision.from_json(decision).grants if decision else ()
    caps: Caps = next((each.caps for each in grants if each.rule == grant.rule), ())
    for key, _ in caps:
        if key not in used:
            used[key] = ledger(grant.district).counted(key) + kept.counted(grant.district, key) - freed
    fits, _ = fit(grant.amount, caps, used)
    take(fits, caps, used)
    return fits


def _taken_back(grant: GrantRow) -> tuple[int, int]:
    """Of a grant that is being undone: what the ledger still has of it to take back, and what was spent."""
    books, named = ledger(grant.district), grant.reversal or ""
    done = books.receipt(named) or journal.receipt(grant.district, named)
    if done is not None:  # taken back, and not marked so
        return 0, int(done.data.get("lost", 0))
    try:
        tried = books.preview(Reverse(fresh_id(), grant.id, "-", ("one", "another")))
    except Refused:
        return 0, 0
    lost = int(tried.data.get("lost", 0))
    return grant.granted - lost, lost
