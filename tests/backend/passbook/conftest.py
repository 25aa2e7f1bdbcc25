"""The office of the passbook."""

import pytest

from backend.kit.auth import Role
from tests.backend.passbook.stage import fill_fund, publish_rules
from tests.cast import Cast, Person


@pytest.fixture
def office(cast: Cast) -> tuple[Person, Person]:
    """Two who may correct; the rules are in force and the fund is full."""
    publish_rules(cast)
    fill_fund(cast)
    return cast.staff(Role.SECOND_REVIEWER), cast.staff(Role.FUND_MANAGER)
