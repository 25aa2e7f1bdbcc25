"""What every volunteering test can ask for."""

import pytest

from tests.backend.volunteering.stage import Stage
from tests.cast import Cast


@pytest.fixture
def stage(cast: Cast) -> Stage:
    return Stage.set_up(cast)
