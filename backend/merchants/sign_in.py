"""A clerk comes to work: name and password become a session that needs no SQL for the rest of the day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from backend.kit.auth.caller import sessions
from backend.kit.auth.passwords import password_matches
from backend.kit.auth.sessions import Session
from backend.kit.auth.tries import SIGN_IN_FAILED, Tries
from backend.kit.db import db, find, rows, transaction
from backend.merchants.models import Clerk, Merchant, Shop
from backend.wiring import district_of, settings


@dataclass(frozen=True)
class SignedIn:
    token: str
    expires_at: datetime
    clerk: Clerk
    merchant: Merchant
    shop: Shop


def sign_in(name: str, password: str, merchant: str | None, district: str | None) -> SignedIn:
    """Refused alike, and in the same time, for an unknown name, a wrong password and a closed clerk or merchant.

    Five wrong tries in a quarter of an hour lock the name for another quarter.
    """
    wanted = district_of(district)
    tries = Tries("clerk", wanted, name)
    tries.take()
    clerk = db.session.scalar(rows(Clerk, wanted).where(Clerk.name == name))
    right = password_matches(clerk.password_hash if clerk else None, password)
    if clerk is None or not right or merchant not in (None, clerk.merchant):
        tries.failed()
        raise SIGN_IN_FAILED()
    signed_in = _begin(wanted, clerk.id)
    tries.succeeded()
    return signed_in


def _begin(district: str, identifier: str) -> SignedIn:
    """Begin the session while the rows are locked: a clerk closed a moment later finds this session to end."""
    with transaction():
        clerk = find(Clerk, district, identifier, lock=True)
        merchant = find(Merchant, district, clerk.merchant, lock=True)
        shop = find(Shop, district, clerk.shop)
        if clerk.closed or merchant.closed:
            raise SIGN_IN_FAILED()
        token, session = _session(clerk)
    return SignedIn(token, session.ends_at, clerk, merchant, shop)


def _session(clerk: Clerk) -> tuple[str, Session]:
    limits = settings().sessions
    return sessions().begin(
        "clerk",
        clerk.id,
        clerk.district,
        roles=(clerk.role,),
        life=timedelta(hours=limits.clerk_hours),
        idle=timedelta(minutes=limits.clerk_idle_minutes),
        merchant=clerk.merchant,
        shop=clerk.shop,
    )


def sign_out(clerk: Clerk) -> None:
    """End every session of a clerk."""
    sessions().end_all("clerk", clerk.district, clerk.id)
