"""The probe as a fixture."""

import pytest
from flask import Flask

from tests.backend.kit.probe import Probe, probed


@pytest.fixture
def probe(app: Flask) -> Probe:
    return probed(app)


@pytest.fixture
def shares() -> bool:
    """These tests add routes, so each has an application of its own."""
    return False
