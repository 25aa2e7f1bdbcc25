"""The district's funds stand in a file; a mistyped one takes no money."""

from __future__ import annotations

import pytest

from backend.kit.auth import Role
from backend.kit.db import db, rows
from backend.passbook.accounts import read, title_of, titles
from backend.passbook.models import FundTopUp
from backend.settings import CONFIG
from points.rules import load_pack
from tests.app import DISTRICT
from tests.backend.passbook.stage import no
from tests.cast import Cast

PAID = {"amount": 100, "memo": "赞助"}


@pytest.mark.parametrize("name", ["nofund", "Civic", "civic.", "a b", "civic%00"])
def test_a_fund_that_the_district_does_not_have_takes_no_money(cast: Cast, name: str) -> None:
    manager = cast.staff(Role.FUND_MANAGER)
    refused = manager.post(f"/staff/funds/{name}/top-ups", PAID)
    assert no(refused) == (404, "fund_unknown")
    assert "civic" in refused.json["detail"]
    assert db.session.scalars(rows(FundTopUp, DISTRICT)).all() == []


def test_a_fund_is_listed_with_its_name_in_both_languages(cast: Cast) -> None:
    manager = cast.staff(Role.FUND_MANAGER)
    assert manager.post("/staff/funds/civic/top-ups", PAID).status_code == 201
    assert manager.get("/staff/funds").json["items"] == [
        {"name": "civic", "title": {"zh": "文明积分基金", "en": "civic fund"}, "balance": 100, "paid_in": 100}
    ]


def test_every_fund_of_the_shipped_packs_stands_in_the_file() -> None:
    packs = [load_pack(file) for file in sorted((CONFIG / "rules").glob("*.yaml"))]
    assert {"civic"} < {rule.fund for pack in packs for rule in pack.rules} <= titles().keys()


def test_a_fund_taken_off_the_list_is_called_by_its_name() -> None:
    assert title_of("spring-2020").zh == "spring-2020"


@pytest.mark.parametrize(
    "line",
    [
        "{name: civic, zh: 基金}",
        "{name: 基金, zh: 基金, en: fund}",
        "{name: civic, zh: '', en: fund}",
        "{name: civic, zh: 甲, en: a}\n  - {name: civic, zh: 乙, en: b}",
    ],
)
def test_a_file_with_a_fault_is_refused(line: str) -> None:
    with pytest.raises(ValueError, match=r"fund|twice"):
        read(f"funds:\n  - {line}\n")
