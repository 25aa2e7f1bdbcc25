"""Fixtures of the market."""

import pytest

from tests.backend.rewards.people import Market
from tests.cast import Cast


@pytest.fixture
def market(cast: Cast) -> Market:
    return Market(cast)
