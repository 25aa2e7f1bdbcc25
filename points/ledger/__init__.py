"""The ledger: double-entry points of a district, decided and kept in one atomic step."""

from points.ledger.awaited import Awaited, Journal, Tray
from points.ledger.cluster import Client, owner_of
from points.ledger.connection import connect
from points.ledger.entry import GENESIS, Entry, number_of, said_of
from points.ledger.ledger import Ledger
from points.ledger.results import Balance, Cut, Head, HoldView, Leg, OfferView, Receipt
from points.ledger.stream import Stream, Written

__all__ = [
    "GENESIS",
    "Awaited",
    "Balance",
    "Client",
    "Cut",
    "Entry",
    "Head",
    "HoldView",
    "Journal",
    "Ledger",
    "Leg",
    "OfferView",
    "Receipt",
    "Stream",
    "Tray",
    "Written",
    "connect",
    "number_of",
    "owner_of",
    "said_of",
]
