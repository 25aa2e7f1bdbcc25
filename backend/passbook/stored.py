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
from backend.passbook.reversing import spent
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
    taken = {grant.id: _taken_back(grant) for grant, _ in found if grant.state == "undoing"}
    freed = sum(grant.granted for grant, _ in found if grant.state == "undoing")
    deeds: defaultdict[str, list[GrantRow]] = defaultdict(list)
    fits: Counter[str] = Counter()
    used: Counter[str] = Counter()
    for grant, decision in found:
        deeds[grant.earning].append(grant)
        if grant.state == "waiting":
            fits[grant.id] = _fits(grant, decision, used, freed)
    coming = sum(_coming(grants, fits, taken) for earning, grants in deeds.items() if earning != but)
    return had.available + had.held + had.pending + coming


def _coming(grants: list[GrantRow], fits: Counter[str], taken: dict[str, tuple[int, int]]) -> int:
    """What of a deed's points comes beside what the ledger has of them until its undoing is through."""
    undoing = [taken[grant.id] for grant in grants if grant.id in taken]
    leaves, counts = sum(left for left, _ in undoing), sum(lost for _, lost in undoing)
    behind = sum(fits[grant.id] for grant in grants if grant.behind)
    rest = sum(fits[grant.id] for grant in grants if not grant.behind)
    return rest + max(0, behind - counts - max(0, sum(spent(grants).values())) - leaves)


def _under_way(event: DeedApproved) -> list[tuple[GrantRow, str | None]]:
    """All grants of the resident's deeds of which some wait or are being undone, in the order in which they came."""
    joined = and_(Earning.district == GrantRow.district, Earning.id == GrantRow.earning)
    of_resident = (Earning.district == event.district, Earning.resident == event.resident)
    these = select(Earning.id).join(GrantRow, joined).where(*of_resident, GrantRow.state.in_(("waiting", "undoing")))
    query = select(GrantRow, Earning.decision).join(Earning, joined).order_by(GrantRow.id)
    rows = db.session.execute(query.where(Earning.district == event.district, Earning.id.in_(these)))
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
