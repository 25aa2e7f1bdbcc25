"""The long round of made-up requests for each role, on each database; run with the other fault tests."""

from __future__ import annotations

from typing import Any

import pytest

from tests.contract.fuzz import Round, description_of, told
from tests.contract.test_fuzz import MANY, ROLES, own
from tests.contract.town import Town

pytestmark = [pytest.mark.torture, pytest.mark.timeout(3600)]


@pytest.fixture(scope="module")
def description(each_town: Town) -> Any:
    return description_of(each_town.app)


@pytest.mark.parametrize("role", ROLES)
def test_many_made_up_requests_break_nothing(each_town: Town, description: Any, role: str) -> None:
    done = Round(each_town, each_town.people[role], own(each_town, role)).run(description, MANY)
    assert not done.failures, told(done)
    assert not [status for status in done.statuses if status >= 500], told(done)
