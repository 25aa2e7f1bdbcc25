"""The ledger: double-entry points of a district, decided and kept in one atomic step."""

from points.ledger.awaited import Awaited, Desk, Journal
from points.ledger.cluster import Client, owner_of
from points.ledger.connection import connect
from points.ledger.entry import GENESIS, Entry
from points.ledger.ledger import Ledger
from points.ledger.results import Balance, Cut, Head, HoldView, Leg, OfferView, Receipt
from points.ledger.stream import Stream, Written

__all__ = [
    "GENESIS",
    "Awaited",
    "Balance",
    "Client",
    "Cut",
    "Desk",
    "Entry",
    "Head",
    "HoldView",
    "Journal",
    "Ledger",
    "Leg",
    "OfferView",
    "Receipt",
    "Stream",
    "Written",
    "connect",
    "owner_of",
]
