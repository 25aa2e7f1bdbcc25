"""What happened, as the rules see it: past participles, frozen, checked when made."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum


class DeedKind(StrEnum):
    ACT = "act"  # a civil act, declared and approved
    SERVICE = "service"  # confirmed volunteer hours
    TICKET = "ticket"  # a ticket that staff verified and filed
    REFERRAL = "referral"  # a new volunteer who came by recommendation


@dataclass(frozen=True, slots=True)
class DeedApproved:
    """An approved deed. Times are aware; `quantity` is in the unit of the kind (hours for service, else times)."""

    id: str
    kind: DeedKind
    category: str
    """The town's word for it, a key of the pack: `拾金不昧`, `暴露垃圾`, `敬老助残`."""
    at: datetime
    """When the deed was done; decides which pack and which windows of the caps apply."""
    resident: str
    district: str
    quantity: Decimal = Decimal(1)
    street: str | None = None
    activity: str | None = None
    team: str | None = None
    household: str | None = None
    place: str | None = None
    """What a ticket is about: the id of the place or of the first ticket there; reporters of one place share it."""
    about: str | None = None
    """Whom or what else the deed is about, as an opaque id: the new volunteer of a referral."""
    attributes: Mapping[str, str | int | bool] = field(default_factory=dict)
    """Further typed facts of the deed that conditions may ask for (holiday work, class of service, campaign)."""

    def __post_init__(self) -> None:
        if self.at.tzinfo is None:
            raise ValueError("a deed needs an aware time")
        if not self.quantity.is_finite() or self.quantity < 0:
            raise ValueError("a deed's quantity is a finite number, zero or more")
