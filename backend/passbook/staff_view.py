"""An earning as the staff see it: what its resident sees, and who decided, asked, confirmed and answered."""

from __future__ import annotations

from dataclasses import replace

from backend.kit.appeals import OWN_CLAIM
from backend.kit.auth import Caller
from backend.kit.db import find
from backend.passbook import appeals, corrections, service
from backend.passbook.freed import freed_by
from backend.passbook.models import Earning
from backend.staff.service import is_same_person


def earning(caller: Caller, identifier: str) -> service.EarningView:
    """One earning, who had a part in it, and what it left room for; refused with `own_claim` for one's own."""
    row = find(Earning, caller.district, identifier)
    if is_same_person(caller.district, caller.id, row.resident):
        raise OWN_CLAIM()
    made, asked = appeals.of_earning(row.district, row.id), corrections.of_earning(row.district, row.id)
    known = {
        "resident": row.resident,
        "approver": row.approver,
        "problem": row.problem,
        "freed": freed_by(row, asked),
        "appeal_answerer": made.answerer if made else None,
        "corrections": [
            {
                "id": each.id,
                "kind": each.kind,
                "state": each.state,
                "asked_by": each.asked_by,
                "answered_by": each.answered_by,
                "declined_because": each.declined_because,
            }
            for each in asked
        ],
    }
    return replace(service.explained(row, asked), staff=known)
