"""Somebody with a hundred points who is signed up in two districts."""

import pytest

from tests.backend.crossings.stage import Traveller, traveller
from tests.cast import Cast


@pytest.fixture
def person(cast: Cast) -> Traveller:
    return traveller(cast)
