"""A resident's statement, the published roots, and the proof that an entry stands under one of them."""

from __future__ import annotations

from typing import Any

from backend.journal import schemas, service
from backend.journal.roots.listing import published_keys, roots
from backend.journal.roots.proving import Inclusion, proof_of
from backend.kit.auth import Caller
from backend.kit.http import Endpoints, Page
from points.ledger import chart

endpoints = Endpoints("journal", __name__, description="账目 · statements, published roots and proofs")


@endpoints.endpoint("GET", "/me/statement", may="me", query=schemas.StatementQuery, answer=schemas.StatementSchema)
def see_statement(caller: Caller, query: dict[str, Any]) -> Page:
    """Every movement of my points, newest first, as the journal has it; with `at`, as it stood at that moment."""
    mine = chart.resident(caller.id)
    return service.statement(caller.district, mine, query["cursor"], query["limit"], query["at"])


@endpoints.endpoint("GET", "/me/statement/<entry>/proof", may="me", answer=schemas.ProofSchema)
def prove_entry(caller: Caller, entry: str) -> Inclusion:
    """Everything needed to check offline that an entry of mine stands under that day's published root.

    `entry` is its number, or its id: an earning's, a redemption's. A redemption names the entry that captured it.
    """
    return proof_of(caller.district, caller.id, entry)


@endpoints.endpoint("GET", "/journal/roots", may="journal.roots", query=schemas.RootsQuery, answer=schemas.RootsSchema)
def list_roots(caller: Caller, query: dict[str, Any]) -> Page:
    """The signed root of each day, newest first; for anyone to keep."""
    return roots(query["district"] or caller.district, query["cursor"], query["limit"])


@endpoints.endpoint(
    "GET", "/journal/keys", may="journal.roots", query=schemas.RootKeysQuery, answer=schemas.RootKeysSchema
)
def list_keys(caller: Caller, query: dict[str, Any]) -> Page:
    """The keys that sign the roots, with their days; each was signed by the one before it."""
    return published_keys(query["cursor"], query["limit"])
