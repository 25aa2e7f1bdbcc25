"""After the commit: the ledger is given a reward's terms and its first stock."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from backend.kit import outbox
from backend.kit.db import db, find
from backend.passbook import spend
from backend.rewards.models import Reward, RewardMerchant

KIND = "reward.publish"


def announce(reward: Reward) -> None:
    """Have the ledger brought up to the books, once the open transaction is committed."""
    outbox.send(reward.district, KIND, {"reward": reward.id})


@outbox.handles(KIND)
def publish(district: str, payload: dict[str, Any]) -> None:
    """Post the terms as they are in the books now. The row is locked, so an older change cannot overtake a newer."""
    reward = find(Reward, district, payload["reward"], lock=True)
    if reward.published_version == reward.version:
        return
    spend.put_offer(district, reward.terms_posting, reward.id, terms_of(reward))
    if reward.published_version == 0 and reward.first_stock:
        spend.add_stock(district, reward.stock_posting, reward.id, reward.first_stock)
    reward.published_version = reward.version


def terms_of(reward: Reward) -> spend.Terms:
    limits = tuple(spend.PeriodLimit(limit["period"], limit["quantity"]) for limit in reward.limits)
    title = {"zh": reward.title_zh, "en": reward.title_en}
    return spend.Terms(reward.price, merchants_of(reward), reward.starts_at, reward.ends_at, limits, title)


def merchants_of(reward: Reward) -> tuple[str, ...]:
    query = (
        select(RewardMerchant.merchant)
        .where(RewardMerchant.district == reward.district, RewardMerchant.reward == reward.id)
        .order_by(RewardMerchant.merchant)
    )
    return tuple(db.session.scalars(query))
