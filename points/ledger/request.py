"""A command on its way to the script: its kind, its content as text, its fingerprint, and the keys it may touch."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

from points.clock import to_ms
from points.ledger import transfer as t
from points.ledger.keys import DAY_MS, Keys
from points.ledger.windows import Windows


class Request(NamedTuple):
    """What a script is told of one command."""

    kind: str
    id: str
    fingerprint: str
    """What the same id must mean again; empty for entries of the ledger's own, which need no memory."""
    keys: tuple[str, ...]
    content: str
    hint: str = ""

    @property
    def args(self) -> tuple[str, ...]:
        return (self.kind, self.id, self.fingerprint, str(len(self.keys)), self.content, self.hint)


@dataclass(frozen=True, slots=True)
class HoldFacts:
    """What never changes about a hold, and names the keys of its end."""

    resident: str
    offer: str


@dataclass(frozen=True, slots=True)
class GrantFacts:
    """What never changes about a grant, and names the keys of its opening and undoing."""

    resident: str
    opens_ms: int
    expires_ms: int
    caps: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CaptureFacts:
    """What never changes about a capture, and names the keys of its refund."""

    hold: str
    resident: str


Facts = HoldFacts | GrantFacts | CaptureFacts
NO_CAPTURE = CaptureFacts("-", "-")
NO_HOLD = HoldFacts("-", "-")
NO_GRANT = GrantFacts("-", 0, 0, ())


def hold_facts(content: tuple[str, ...]) -> HoldFacts:
    """From the content of a hold's entry."""
    return HoldFacts(content[0], content[1])


def grant_facts(content: tuple[str, ...]) -> GrantFacts:
    """From the content of a grant's entry."""
    return GrantFacts(content[0], int(content[5] or 0), int(content[4]), content[8::2])


def content_of(kind: str, c: t.Command) -> str:
    """The command's fields as text, tab-separated, in the order of its kind (without its id)."""
    return _CONTENT[kind](c)


def _earn(c: t.Earn) -> str:
    opens = to_ms(c.opens_at) if c.opens_at is not None else ""
    caps = "".join([f"\t{cap.ceiling}\t{cap.key}" for cap in c.caps])
    head = f"{c.resident}\t{c.fund}\t{c.amount}\t{to_ms(c.deed_at)}\t{to_ms(c.expires_at)}\t{opens}"
    return f"{head}\t{c.memo}{caps}"


def _set_offer(c: t.SetOffer) -> str:
    limits = "".join([f"{limit.period},{limit.quantity};" for limit in c.limits])
    terms = f"{c.price}\t{to_ms(c.starts_at)}\t{to_ms(c.ends_at)}\t{','.join(c.merchants)}\t{limits}"
    return f"{c.offer}\t{terms}\t{c.card}"


def _part(amount: int | None) -> str:
    return "" if amount is None else str(amount)


KINDS: dict[type, str] = {
    t.TopUp: "top_up",
    t.Earn: "earn",
    t.Hold: "hold",
    t.Capture: "capture",
    t.Release: "release",
    t.Refund: "refund",
    t.Reverse: "reverse",
    t.Settle: "settle",
    t.SetOffer: "set_offer",
    t.AdjustStock: "adjust_stock",
    t.SetGate: "set_gate",
    t.SendAcross: "send_across",
    t.ReceiveAcross: "receive_across",
}
_CONTENT: dict[str, Callable[..., str]] = {
    "top_up": lambda c: f"{c.fund}\t{c.amount}\t{c.memo}",
    "earn": _earn,
    "hold": lambda c: f"{c.resident}\t{c.offer}\t{c.quantity}\t{to_ms(c.expires_at)}",
    "capture": lambda c: f"{c.hold}\t{c.merchant}\t{c.clerk}\t{_part(c.amount)}",
    "release": lambda c: f"{c.hold}\t{c.reason}",
    "refund": lambda c: f"{c.capture}\t{_part(c.amount)}\t{c.staff}\t{c.reason}",
    "reverse": lambda c: f"{c.earning}\t{c.staff[0]}\t{c.staff[1]}\t{c.reason}",
    "settle": lambda c: f"{c.merchant}\t{c.amount}\t{c.memo}",
    "set_offer": _set_offer,
    "adjust_stock": lambda c: f"{c.offer}\t{c.delta}",
    "set_gate": lambda c: f"{c.subject}\t{int(c.open)}\t{c.staff}\t{c.reason}",
    "send_across": lambda c: f"{c.resident}\t{c.district}\t{c.amount}",
    "receive_across": lambda c: f"{c.resident}\t{c.district}\t{c.amount}\t{to_ms(c.expires_at)}\t{c.sent}",
}


class Requests:
    """Makes requests of one district's ledger."""

    def __init__(self, keys: Keys, windows: Windows) -> None:
        self._keys = keys
        self._windows = windows

    def of(self, c: t.Command, now_ms: int, facts: Facts | None = None) -> Request:
        """The request of a checked command. Ends of holds and undoing of grants need the facts of what they end."""
        kind = KINDS[type(c)]
        content = _CONTENT[kind](c)
        fingerprint = hashlib.blake2b(f"{kind}\n{content}".encode(), digest_size=10).hexdigest()
        keys, hint = self._touched(c, now_ms, facts)
        return Request(kind, c.id, fingerprint, (self._keys.record(c.id), *keys), content, hint)

    def _touched(self, c: t.Command, now_ms: int, facts: Facts | None) -> tuple[tuple[str, ...], str]:
        k, hint = self._keys, ""
        keys: tuple[str, ...] = ()
        match c:
            case t.Hold():
                keys = (k.purse(c.resident), k.tally(c.offer, c.resident), k.terms(c.offer), k.stock(c.offer))
                hint = self._windows.at(now_ms)
            case t.Earn():
                opens = k.opens(to_ms(c.opens_at) if c.opens_at is not None else 0)
                caps = [k.counter(cap.key) for cap in c.caps]
                keys = (k.purse(c.resident), k.due(to_ms(c.expires_at)), opens, *caps)
            case t.Capture() | t.Release():
                keys, hint = self.ending(c.hold, facts if isinstance(facts, HoldFacts) else NO_HOLD)
            case t.Refund():
                keys, hint = self._refund(c.capture, facts if isinstance(facts, CaptureFacts) else NO_CAPTURE, now_ms)
            case t.Reverse():
                keys, hint = self._reverse(c.earning, facts if isinstance(facts, GrantFacts) else NO_GRANT)
            case t.SetOffer():
                keys = (k.terms(c.offer), k.card(c.offer))
            case t.AdjustStock():
                keys = (k.terms(c.offer), k.stock(c.offer))
            case t.SendAcross():
                keys = (k.purse(c.resident),)
            case t.ReceiveAcross():
                arrived = k.arrived(c.district, c.sent)
                keys = (k.purse(c.resident), k.due(to_ms(c.expires_at)), arrived)
        return keys, hint

    def _reverse(self, earning: str, grant: GrantFacts) -> tuple[tuple[str, ...], str]:
        k = self._keys
        caps = [k.counter(cap) for cap in grant.caps]
        opens, purse = k.opens(grant.opens_ms), k.purse(grant.resident)
        keys = (k.record(earning), k.undone(earning), purse, opens, *caps)
        return keys, "\t".join((grant.resident, str(grant.opens_ms), *grant.caps))

    def _refund(self, capture: str, facts: CaptureFacts, now_ms: int) -> tuple[tuple[str, ...], str]:
        k, late = self._keys, now_ms + 7 * DAY_MS
        keys = (
            k.record(capture),
            k.refunded(capture),
            k.record(facts.hold),
            k.purse(facts.resident),
            k.due(late),
            k.due(late + DAY_MS),
        )
        return keys, f"{facts.resident}\t{facts.hold}"

    def ending(self, hold: str, facts: HoldFacts) -> tuple[tuple[str, ...], str]:
        """The keys of a hold's end, and the hint that says for whom they were made."""
        k = self._keys
        tally, terms, stock = k.tally(facts.offer, facts.resident), k.terms(facts.offer), k.stock(facts.offer)
        keys = (k.record(hold), k.end(hold), k.purse(facts.resident), tally, terms, stock)
        return keys, f"{facts.resident}\t{facts.offer}"

    def time_out(self, hold: str, facts: HoldFacts) -> Request:
        keys, hint = self.ending(hold, facts)
        name = f"timeout:{hold}"
        return Request("time_out", name, "", (self._keys.record(name), *keys), hold, hint)

    def expire(self, resident: str, day: int) -> Request:
        """What a resident has past its time goes back to its funds."""
        k = self._keys
        name = f"expire:{resident}:{day}"
        keys = (k.record(name), k.purse(resident), k.due(day * DAY_MS))
        return Request("expire", name, "", keys, resident, str(day))

    def open(self, earning: str, facts: GrantFacts) -> Request:
        """A pending grant's day has come."""
        k = self._keys
        name = f"open:{earning}"
        keys = (k.record(earning), k.purse(facts.resident), k.opens(facts.opens_ms), k.due(facts.expires_ms))
        return Request("open", name, "", (k.record(name), *keys), earning, facts.resident)
