"""What units and counted points an entry must leave, worked out from its command and compared with what it says."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from points.ledger.entry import Entry

Units = tuple[str, int, int]
"""A hold's offer, quantity and price."""


@dataclass(slots=True)
class Tally:
    """Units in stock and points counted against caps, from the first entry on.

    Memory grows with offers, caps and open holds, not with entries.
    """

    stock: Counter[str] = field(default_factory=Counter)
    counted: Counter[str] = field(default_factory=Counter)
    held: dict[str, Units] = field(default_factory=dict)

    def fault(self, entry: Entry) -> str | None:
        """Count one entry; what in it does not follow, or None."""
        offer, units = self._units(entry)
        self.stock[offer] += units
        room = _room(entry)
        said: set[str] = set()
        caps: list[str] = []
        for change in entry.changes:
            if change[0] == "S":
                _, name, after = change.split(",")
                said.add(name)
                if name != offer or int(after) != self.stock[name]:
                    return f"the stock of {name} is {self.stock[name]}, not {after}"
            elif change[0] == "C":
                _, after, name = change.split(",", 2)
                self.counted[name] += room
                if int(after) != self.counted[name]:
                    return f"{self.counted[name]} points count against {name}, not {after}"
                caps.append(name)
        if units and offer not in said:
            return f"the stock of {offer} moves by {units} unsaid"
        return self._over(entry, caps) if entry.kind == "earn" and entry.amount else None

    def _over(self, entry: Entry, caps: list[str]) -> str | None:
        """A grant counts against each of its caps, and passes none."""
        named = dict(zip(entry.content[8::2], entry.content[7::2], strict=True))
        if caps != list(named):
            return f"it counts against {caps}, not {list(named)}"
        over = next((name for name, ceiling in named.items() if self.counted[name] > int(ceiling)), None)
        return f"{self.counted[over]} points count against {over}, at most {named[over]}" if over else None

    def _units(self, entry: Entry) -> tuple[str, int]:
        """Whose stock moves, and by how many units."""
        match entry.kind:
            case "adjust_stock":
                return entry.content[0], int(entry.content[1])
            case "hold":
                _, offer, quantity, _ = entry.content
                self.held[entry.id] = (offer, int(quantity), entry.amount // int(quantity))
                return offer, -int(quantity)
            case "capture" | "release" | "time_out":
                offer, held, price = self.held.pop(entry.content[0], ("", 0, 1))
                handed = -(-entry.amount // price) if entry.kind == "capture" else 0
                return offer, held - handed
        return "", 0


def _room(entry: Entry) -> int:
    """By how many points each cap that the entry names is counted on."""
    if entry.kind == "reverse":
        return -entry.amount - int(entry.receipt.data["lost"])
    return entry.amount if entry.kind == "earn" else 0
