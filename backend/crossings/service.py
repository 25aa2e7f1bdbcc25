"""A resident's points go along to another district: asked here, carried step by step, each step once."""

from __future__ import annotations

from typing import Any

from backend.crossings import carrying
from backend.crossings.models import Crossing
from backend.crossings.states import CrossingState
from backend.kit import audit
from backend.kit.auth import Caller
from backend.kit.clock import fresh_id, now
from backend.kit.db import NOT_FOUND, db, find, rows, transaction
from backend.kit.http import Page, page_of
from backend.passbook import across
from backend.residents.models import Resident
from backend.wiring import district_of
from points.errors import Category, kind
from points.ids import derived_id

OWN_DISTRICT = kind(
    "transfer_own_district",
    Category.INVALID,
    zh="积分已在本区，请选择另一个区。",
    en="The points are in this district already; name another one.",
)
NO_ACCOUNT = kind(
    "transfer_no_account",
    Category.CONFLICT,
    zh="您在该区还没有账户，请先用同一微信登录该区。",
    en="You have no account in that district yet; sign in there with the same WeChat identity first.",
)
ACCOUNT_CLOSED = kind(
    "transfer_account_closed",
    Category.CONFLICT,
    zh="您在该区的账户已停用，积分暂不能转入；如有疑问可向该区工作人员申诉。",
    en="Your account in that district is closed and takes no points; its staff can be asked why.",
)


def foresee(caller: Caller, given: dict[str, Any]) -> dict[str, Any]:
    """Refused before anything is written as it would be afterwards; what was given goes on as it is.

    Refused: `transfer_own_district`, `district_unknown`, `transfer_no_account`, `transfer_account_closed`, and what
    the ledger refuses (`insufficient_points`, `resident_closed`).
    """
    body = given["body"]
    _recipient(caller, body["district"])
    across.foresee(caller.district, caller.id, body["district"], body["amount"])
    return given


def ask(caller: Caller, district: str, amount: int) -> Crossing:
    """Write the transfer down; its points leave after the commit."""
    with transaction() as session:
        recipient, identifier = _recipient(caller, district), fresh_id()
        row = Crossing(
            district=caller.district,
            id=identifier,
            resident=caller.id,
            to_district=district,
            recipient=recipient.id,
            amount=amount,
            state=CrossingState.SENDING.value,
            departure=derived_id(identifier, "send"),
            asked_at=now(),
        )
        session.add(row)
        audit.record(
            caller.district, caller.name, "transfer.asked", caller.name, transfer=identifier, to=district, amount=amount
        )
        carrying.queue(row)
    return row


def own(caller: Caller, cursor: str | None, limit: int) -> Page:
    """The caller's transfers out of this district, newest first."""
    return page_of(rows(Crossing, caller.district).where(Crossing.resident == caller.id), Crossing, cursor, limit)


def see(caller: Caller, identifier: str) -> Crossing:
    """One transfer of the caller's; someone else's is not found."""
    row = find(Crossing, caller.district, identifier)
    if row.resident != caller.id:
        raise NOT_FOUND()
    return row


def _recipient(caller: Caller, district: str) -> Resident:
    """The same person in the other district."""
    if district == caller.district:
        raise OWN_DISTRICT()
    there = district_of(district)
    index = find(Resident, caller.district, caller.id).openid_index
    recipient = db.session.scalar(rows(Resident, there).where(Resident.openid_index == index))
    if recipient is None:
        raise NO_ACCOUNT()
    if recipient.closed:
        raise ACCOUNT_CLOSED()
    return recipient
