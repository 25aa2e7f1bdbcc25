"""The office takes a merchant in: its shops first, then the clerks who stand in them."""

from __future__ import annotations

from backend.kit import audit
from backend.kit.auth import Caller, Role
from backend.kit.auth.passwords import hash_password
from backend.kit.clock import fresh_id, now
from backend.kit.db import NOT_FOUND, db, find, rows, transaction
from backend.merchants.models import Clerk, Merchant, Shop
from backend.places.service import street_of
from backend.staff.service import NAME_TAKEN
from points.errors import Category, kind

SHOP_UNKNOWN = kind("shop_unknown", Category.INVALID, zh="该商户没有这家门店。", en="The merchant has no such shop.")


def add_merchant(caller: Caller, name: str, street: str, shops: list[str]) -> Merchant:
    """A merchant with its shops; names are taken once in a district."""
    street_of(caller.district, street)
    with transaction() as session:
        if session.scalar(rows(Merchant, caller.district).where(Merchant.name == name)):
            raise NAME_TAKEN()
        merchant = Merchant(district=caller.district, id=fresh_id(), name=name, street=street, created_at=now())
        session.add(merchant)
        session.flush()
        for shop in shops:
            session.add(Shop(district=caller.district, id=fresh_id(), merchant=merchant.id, name=shop))
        audit.record(caller.district, caller.name, "merchant.added", f"merchant:{merchant.id}", shops=len(shops))
    return merchant


def add_clerk(caller: Caller, merchant: str, *, name: str, password: str, shop: str, role: Role) -> Clerk:
    """A clerk, or the owner, with a place to stand; refused with `shop_unknown` for another merchant's shop."""
    hashed = hash_password(password)
    with transaction() as session:
        found = find(Merchant, caller.district, merchant)
        place = session.get(Shop, (caller.district, shop))
        if place is None or place.merchant != found.id:
            raise SHOP_UNKNOWN()
        if session.scalar(rows(Clerk, caller.district).where(Clerk.name == name)):
            raise NAME_TAKEN()
        clerk = Clerk(
            district=caller.district,
            id=fresh_id(),
            name=name,
            password_hash=hashed,
            merchant=found.id,
            shop=place.id,
            role=role.value,
            created_at=now(),
        )
        session.add(clerk)
        audit.record(caller.district, caller.name, "clerk.added", f"clerk:{clerk.id}", merchant=found.id, role=role)
    return clerk


def clerk_of(district: str, merchant: str, clerk: str) -> Clerk:
    """A clerk of this merchant; someone else's clerk is not found."""
    found = find(Clerk, district, clerk)
    if found.merchant != merchant:
        raise NOT_FOUND()
    return found


def shops_of(merchant: Merchant) -> list[Shop]:
    query = rows(Shop, merchant.district).where(Shop.merchant == merchant.id).order_by(Shop.id)
    return list(db.session.scalars(query))
