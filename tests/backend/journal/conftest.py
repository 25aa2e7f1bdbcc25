"""A town of residents, an offer and a shop, on the real ledger of the application."""

from __future__ import annotations

import pytest
from flask import Flask

from backend.wiring import ledger
from points.clock import FixedClock
from tests.app import DISTRICT
from tests.points.ledger.town import Town


@pytest.fixture
def town(app: Flask, clock: FixedClock) -> Town:
    """A fund, an offer of tea for 30 points and ten in stock: three entries."""
    return Town(ledger(DISTRICT), clock).opened()
