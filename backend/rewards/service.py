"""The office offers rewards; everybody sees them with the stock that the ledger has at this moment."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import delete, select

from backend.kit import audit
from backend.kit.auth import Caller
from backend.kit.clock import fresh_id, now
from backend.kit.db import NOT_FOUND, db, find, rows, transaction
from backend.kit.http import Page, page_of
from backend.merchants.models import Merchant
from backend.passbook import spend
from backend.rewards.models import Reward, RewardMerchant
from backend.rewards.publishing import announce
from backend.rewards.states import RewardState, state_of
from points.errors import Category, kind

MERCHANT_UNKNOWN = kind(
    "merchant_unknown", Category.INVALID, zh="本区没有这个商户。", en="The district has no such merchant."
)


@dataclass(frozen=True)
class Shown:
    """A reward as it is shown: the terms from the books, the stock from the ledger."""

    id: str
    title: dict[str, str]
    price: int
    starts_at: datetime
    ends_at: datetime
    limits: list[dict[str, Any]]
    state: RewardState
    stock: int = 0
    merchants: list[Merchant] = field(default_factory=list)


def add(caller: Caller, stock: int, **terms: Any) -> Shown:
    """A reward is committed; the ledger is given it right after the commit, and it is `published` from then on."""
    with transaction() as session:
        reward = Reward(
            district=caller.district,
            id=fresh_id(),
            first_stock=stock,
            stock_posting=fresh_id(),
            created_at=now(),
            **_columns(terms),
        )
        session.add(reward)
        session.flush()
        _set_merchants(reward, terms["merchants"])
        audit.record(caller.district, caller.name, "reward.added", f"offer:{reward.id}", price=reward.price)
        announce(reward)
    return _shown([reward], {})[0]


def change(caller: Caller, identifier: str, **terms: Any) -> Shown:
    """New terms, whole; what is redeemed already keeps its price."""
    with transaction():
        reward = find(Reward, caller.district, identifier, lock=True)
        for name, value in _columns(terms).items():
            setattr(reward, name, value)
        reward.version += 1
        _set_merchants(reward, terms["merchants"])
        audit.record(
            caller.district,
            caller.name,
            "reward.changed",
            f"offer:{reward.id}",
            price=reward.price,
            version=reward.version,
        )
        announce(reward)
    return see(caller, identifier)


def add_stock(caller: Caller, identifier: str, key: str, delta: int) -> spend.Receipt:
    """Stock comes or is taken back. The ledger owns it and decides; what staff asked for is in the audit log first."""
    with transaction():
        reward = find(Reward, caller.district, identifier)
        audit.record(caller.district, caller.name, "reward.stock", f"offer:{reward.id}", delta=delta, posting=key)
    return spend.add_stock(caller.district, key, reward.id, delta)


def see(caller: Caller, identifier: str) -> Shown:
    """One reward; one that is still being prepared is there for staff alone."""
    reward = find(Reward, caller.district, identifier)
    db.session.refresh(reward)
    if caller.kind != "staff" and not reward.published_version:
        raise NOT_FOUND()
    return _with_stock([reward])[0]


def list_open(caller: Caller, cursor: str | None, limit: int) -> Page:
    """What can be redeemed, now or soon."""
    query = rows(Reward, caller.district).where(
        Reward.published_version > 0, Reward.closed.is_(False), Reward.ends_at > now()
    )
    return _page(query, cursor, limit)


def list_all(caller: Caller, cursor: str | None, limit: int) -> Page:
    """Every reward there is or was, for staff."""
    return _page(rows(Reward, caller.district), cursor, limit)


def _page(query: Any, cursor: str | None, limit: int) -> Page:
    page = page_of(query, Reward, cursor, limit)
    return Page(_with_stock(page.items), page.next_cursor)


def _with_stock(rewards: list[Reward]) -> list[Shown]:
    if not rewards:
        return []
    offers = spend.offers(rewards[0].district, [reward.id for reward in rewards])
    return _shown(rewards, {identifier: view.stock for identifier, view in offers.items()})


def _shown(rewards: list[Reward], stocks: dict[str, int]) -> list[Shown]:
    merchants = _merchants(rewards)
    return [
        Shown(
            reward.id,
            {"zh": reward.title_zh, "en": reward.title_en},
            reward.price,
            reward.starts_at,
            reward.ends_at,
            reward.limits,
            state_of(reward),
            stocks.get(reward.id, 0),
            merchants.get(reward.id, []),
        )
        for reward in rewards
    ]


def _merchants(rewards: list[Reward]) -> dict[str, list[Merchant]]:
    """The merchants of each reward, in one query."""
    query = (
        select(RewardMerchant.reward, Merchant)
        .join(Merchant, (Merchant.district == RewardMerchant.district) & (Merchant.id == RewardMerchant.merchant))
        .where(
            RewardMerchant.district == rewards[0].district, RewardMerchant.reward.in_([reward.id for reward in rewards])
        )
        .order_by(Merchant.name)
    )
    found: dict[str, list[Merchant]] = {}
    for reward, merchant in db.session.execute(query):
        found.setdefault(reward, []).append(merchant)
    return found


def _columns(terms: dict[str, Any]) -> dict[str, Any]:
    return {
        "title_zh": terms["title"]["zh"],
        "title_en": terms["title"]["en"],
        "price": terms["price"],
        "starts_at": terms["starts_at"],
        "ends_at": terms["ends_at"],
        "limits": terms["limits"],
        "terms_posting": fresh_id(),
    }


def _set_merchants(reward: Reward, merchants: list[str]) -> None:
    """Replace where it can be had; refused with `merchant_unknown`."""
    known = select(Merchant.id).where(Merchant.district == reward.district, Merchant.id.in_(merchants))
    if len(list(db.session.scalars(known))) < len(merchants):
        raise MERCHANT_UNKNOWN()
    here = (RewardMerchant.district == reward.district, RewardMerchant.reward == reward.id)
    db.session.execute(delete(RewardMerchant).where(*here))
    db.session.add_all(
        RewardMerchant(district=reward.district, reward=reward.id, merchant=merchant) for merchant in merchants
    )
    db.session.flush()
