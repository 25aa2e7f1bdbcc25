"""A setting that cannot be used is named, without the secret that may stand in it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from flask import Flask

from backend.settings import load
from backend.wiring import Parts, parts
from points.errors import Refused

ADDRESSES = ["redis:/here", "http://here:6379", "here:6379", "redis://:hush@here:port", "redis://here?db=hush"]


@pytest.mark.parametrize(("section", "part"), [("cache", "cache"), ("redis", "ledger_client")])
@pytest.mark.parametrize("address", ADDRESSES)
def test_an_address_that_names_no_server_is_a_wrong_setting(app: Flask, section: str, part: str, address: str) -> None:
    given = parts().settings
    changed: Any = {section: replace(getattr(given, section), url=address)}
    with pytest.raises(Refused) as refused:
        getattr(Parts(replace(given, **changed), parts().clock), part)
    assert refused.value.code == "settings_wrong"
    assert f"{section}.url: unreadable" in refused.value.sentence("en")
    assert "hush" not in refused.value.sentence("en")


@pytest.mark.parametrize("seconds", [0, -1, 1e12, float("nan"), float("inf")])
def test_a_number_that_no_clock_can_count_is_a_wrong_setting(seconds: float) -> None:
    with pytest.raises(Refused) as refused:
        load({}, {"redis": {"wait_seconds": seconds}})
    assert refused.value.code == "settings_wrong"
    assert "redis.wait_seconds" in str(refused.value.details["problems"])
