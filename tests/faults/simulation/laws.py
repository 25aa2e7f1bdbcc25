"""What must hold after every step of a simulated run, and what must hold once everything has come to rest."""

from __future__ import annotations

from collections import Counter

from sqlalchemy import func, select

from backend.journal import service as journal
from backend.journal.models import JournalEntry
from backend.journal.projector import head
from backend.kit.db import db
from backend.passbook.models import Earning, GrantRow
from points.ledger import Receipt
from points.ledger import transfer as t
from tests.faults.simulation.ports import LedgerPort, StreamPort


class Broken(AssertionError):  # noqa: N818 - what was found
    """A law that does not hold."""


def need(holds: object, law: str) -> None:
    if not holds:
        raise Broken(law)


class Laws:
    """Adds the entries up by itself, a few at each step, and compares."""

    def __init__(self, ledger: LedgerPort, stream: StreamPort) -> None:
        self._ledger, self._stream = ledger, stream
        self._balances: Counter[str] = Counter()
        self._added = self._copied = 0
        self._names: set[str] = set()
        self.earned: Counter[str] = Counter()
        """How many grants were posted for each earning."""

    def after_step(self) -> None:
        self._entries()
        self._purses()
        self._journal()

    def _entries(self) -> None:
        for entry in self._ledger.entries[self._added :]:
            self._added += 1
            need(entry.number == self._added, f"entries are numbered without a gap, not {entry.number}")
            need(sum(leg.amount for leg in entry.legs) == 0, f"entry {entry.number} balances")
            for leg in entry.legs:
                self._balances[leg.account] += leg.amount
                need(leg.balance == self._balances[leg.account], f"the balance after is right in {entry.number}")
                need(leg.balance >= 0 or leg.account == "world", f"{leg.account} is not below zero")
            if entry.fingerprint:
                need(entry.id not in self._names, f"id {entry.id} is posted once")
                self._names.add(entry.id)
            if entry.kind == "earn":
                self.earned[entry.content[6]] += 1
                need(self.earned[entry.content[6]] == 1, f"earning {entry.content[6]} is granted once")

    def _purses(self) -> None:
        books = self._ledger.twin._books
        need(sum(books.accounts.values()) == 0, "all accounts sum to zero")
        for name, purse in books.purses.items():
            owned = sum(lot.left for lot in purse.lots)
            need(owned == books.accounts[f"resident:{name}"], f"the lots of {name} add up to the balance")
        for account in ("held", "pending"):
            total = sum(getattr(purse, account) for purse in books.purses.values())
            need(total == books.accounts[account], f"what is {account} adds up")

    def _journal(self) -> None:
        reached = head(self._ledger.district).number
        rows = db.session.scalar(select(func.count()).select_from(JournalEntry))
        need(rows == reached, f"the journal has {reached} entries, not {rows}")
        need(reached <= len(self._ledger.entries), "the journal has no more than the ledger")
        need(self._stream.trimmed <= reached, "nothing is trimmed that the journal does not have")
        if reached > self._copied:
            fresh = [entry.text for entry in journal.entries(self._ledger.district, self._copied)]
            need(
                fresh == [entry.text for entry in self._ledger.entries[self._copied : reached]],
                "the journal says what the ledger says",
            )
            self._copied = reached
        db.session.rollback()

    def at_rest(self, answered: list[tuple[t.Command, Receipt]]) -> None:
        """Everything was delivered and copied."""
        entries = self._ledger.entries
        need(head(self._ledger.district).number == len(entries), "the journal has everything")
        need(journal.first_broken_entry(self._ledger.district) is None, "the journal's chain is whole")
        for command, receipt in answered:
            kept = entries[receipt.number - 1]
            need((kept.id, kept.legs) == (command.id, receipt.legs), f"what was answered of {command.id} stands")
        by_id = {entry.id: entry for entry in entries if entry.kind == "earn"}
        decided = set(db.session.scalars(select(Earning.id)))
        need(self.earned.keys() <= decided, "nothing is granted that was not decided")
        for grant in db.session.scalars(select(GrantRow)):
            need(grant.state in ("posted", "refused"), f"grant {grant.id} was delivered, not {grant.state}")
            posted = by_id.get(grant.id)
            if grant.state == "refused":
                need(posted is None, f"grant {grant.id} was refused and is not there")
            else:
                need(posted is not None, f"grant {grant.id} is there")
                assert posted is not None
                need((grant.entry, grant.granted) == (posted.number, posted.amount), f"grant {grant.id} says so")
        db.session.rollback()
