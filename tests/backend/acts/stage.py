"""What the tests of acts have in common: rules in force, a fund, and an act as a resident would send it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from werkzeug.test import TestResponse

from backend.kit.auth import Role
from tests.backend.passbook.stage import put_in_force
from tests.cast import Cast, Person
from tests.pictures import photo_of

PACK = Path("config/rules/370112-demo.yaml").read_text(encoding="utf-8")
CASES = Path("config/rules/cases/370112-demo.yaml").read_text(encoding="utf-8")
CATEGORY = "敬老爱亲之星"  # 20 points in the demo's pack
NOON = "2026-11-20T12:00:00+08:00"


def rules_in_force(cast: Cast) -> None:
    """Publish the demo's pack and fill its fund."""
    author, publisher = cast.staff(Role.RULES_AUTHOR), cast.staff(Role.RULES_PUBLISHER)
    pack = author.post("/staff/rule-packs", {"text": PACK, "cases": CASES}).json["id"]
    assert put_in_force(publisher, pack).status_code == 200
    fund = {"amount": 1000, "memo": "演示捐赠"}
    assert cast.staff(Role.FUND_MANAGER).post("/staff/funds/civic/top-ups", fund).status_code == 201


def act(resident: Person, seed: int = 1, **changes: Any) -> dict[str, Any]:
    """The body of an act with one fresh photo."""
    body = {
        "category": CATEGORY,
        "done_at": "2026-11-20T10:30:00+08:00",
        "street": "370112001",
        "description": "陪邻居老人去医院复查。",
    }
    return body | ({} if "photos" in changes else {"photos": [photo_of(resident, seed)]}) | changes


def declared(resident: Person, seed: int = 1, **changes: Any) -> str:
    """Declare an act; its id."""
    answer = resident.post("/acts", act(resident, seed, **changes))
    assert answer.status_code == 201, answer.text
    return str(answer.json["id"])


def refused(resident: Person, reviewer: Person, seed: int = 1) -> str:
    """Declare an act and have it refused; its id."""
    identifier = declared(resident, seed)
    answer = reviewer.post(f"/acts/{identifier}/review", {"decision": "refuse", "reason": "照片看不清。"})
    assert answer.json["state"] == "refused", answer.text
    return identifier


def no(answer: TestResponse) -> tuple[int, str]:
    """The status and the code of a refusal."""
    return answer.status_code, answer.json["code"]
