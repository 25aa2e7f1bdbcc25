"""A transfer at the level `journal`: each entry is in the journal of its own district before it is answered."""

from __future__ import annotations

from typing import Any

import pytest

from backend.journal import service as journal
from tests.app import DISTRICT, OTHER_DISTRICT
from tests.backend.crossings.stage import Traveller, between


@pytest.fixture
def overrides() -> dict[str, dict[str, Any]]:
    return {"redis": {"level": "journal"}}


def test_points_go_along_where_each_entry_waits_for_the_journal(person: Traveller) -> None:
    assert person.told(person.taken(30))["state"] == "arrived"
    assert (person.points, between()) == ((70, 30), (0, 0))
    kinds = [[each.kind for each in journal.entries(name)] for name in (DISTRICT, OTHER_DISTRICT)]
    assert [each[-1] for each in kinds] == ["send_across", "receive_across"]
