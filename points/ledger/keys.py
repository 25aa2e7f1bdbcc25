"""Where the ledger keeps things in Redis: the names of all keys of one district, which share one hash tag."""

from __future__ import annotations

DAY_MS = 86_400_000


CLOSED, LOT, LATE = "closed:", "lot:", "late:"
"""Fields beside the accounts: who is closed, what is unusual about a lot, until when it lives after its date."""
BESIDE = (CLOSED, LOT, LATE)


class Keys:
    """Key names of a district. Everything is in one slot, so a district is the unit of atomicity."""

    def __init__(self, district: str) -> None:
        self.prefix = f"{{d:{district}}}:"
        named = ("head", "entries", "accounts", "holds", "days")
        self.common = tuple(self.prefix + name for name in named)
        self.head, self.stream, self.accounts, self.holds, self.days = self.common

    def record(self, identifier: str) -> str:
        """The entry that was posted under an id; never changed."""
        return f"{self.prefix}i:{identifier}"

    def end(self, hold: str) -> str:
        """How a hold ended; absent while it is held."""
        return f"{self.prefix}e:{hold}"

    def undone(self, earning: str) -> str:
        """Which entry undid a grant; absent while it stands."""
        return f"{self.prefix}x:{earning}"

    def refunded(self, capture: str) -> str:
        """How many points of a capture were refunded."""
        return f"{self.prefix}f:{capture}"

    def arrived(self, district: str, sent: str) -> str:
        """Which entry received what another district sent."""
        return f"{self.prefix}y:{district}:{sent}"

    def purse(self, resident: str) -> str:
        return f"{self.prefix}r:{resident}"

    def tally(self, offer: str, resident: str) -> str:
        """How much of an offer a resident had in its windows."""
        return f"{self.prefix}q:{offer}:{resident}"

    def terms(self, offer: str) -> str:
        """An offer's price, start, end, shops and limits."""
        return f"{self.prefix}o:{offer}"

    def stock(self, offer: str) -> str:
        return f"{self.prefix}s:{offer}"

    def card(self, offer: str) -> str:
        """What a shop shows of an offer."""
        return f"{self.prefix}k:{offer}"

    def counter(self, cap: str) -> str:
        return f"{self.prefix}c:{cap}"

    def due(self, expires_ms: int) -> str:
        """Who has lots to expire on the day of `expires_ms`."""
        return f"{self.prefix}due:{expires_ms // DAY_MS}"

    def opens(self, opens_ms: int) -> str:
        """Which grants open on the day of `opens_ms`."""
        return f"{self.prefix}opens:{opens_ms // DAY_MS}"
