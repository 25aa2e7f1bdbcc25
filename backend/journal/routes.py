"""A resident's statement."""

from __future__ import annotations

from typing import Any

from backend.journal import schemas, service
from backend.kit.auth import Caller
from backend.kit.http import Endpoints, Page
from points.ledger import chart

endpoints = Endpoints("journal", __name__, description="账目 · statements")


@endpoints.endpoint("GET", "/me/statement", may="me", query=schemas.StatementQuery, answer=schemas.StatementSchema)
def see_statement(caller: Caller, query: dict[str, Any]) -> Page:
    """Every movement of my points, newest first, as the journal has it."""
    return service.statement(caller.district, chart.resident(caller.id), query["cursor"], query["limit"])
