"""Before postings are taken: the ledger is matched with the journal and opened for this run of its server."""

from __future__ import annotations

import structlog

from backend.journal.projector import head
from backend.wiring import ledger, parts, settings
from points.errors import Refused
from points.ledger import Head


def open_ledger(district: str) -> Head:
    """Match and open; answers the ledger's head.

    Refused: `ledger_torn`, `ledger_behind`, `ledger_forked`, `ledger_unreachable`.
    """
    return ledger(district).open(head(district))


def is_open(district: str) -> bool:
    """Whether the ledger takes postings in the run its server is in now."""
    found = ledger(district)
    text = found.wire.ask("GET", found.keys.head)
    if not isinstance(text, bytes):
        return False
    _, _, _, state, run, _ = text.decode().split("\t")
    return state == "open" and run == parts().ledger_client.info("server")["run_id"]


def keep_open(district: str) -> None:
    """Open the ledger if its server was started anew since it was opened. Refused as `open_ledger`."""
    if not is_open(district):
        open_ledger(district)
        structlog.get_logger().info("ledger_opened", district=district)


def open_all() -> dict[str, Refused]:
    """Open every district's ledger; answers what was refused, by district, and leaves those closed."""
    refused = {}
    for district in settings().service.districts:
        try:
            keep_open(district)
        except Refused as refusal:
            structlog.get_logger().error("ledger_stays_closed", district=district, reason=refusal.code)
            refused[district] = refusal
    return refused
