"""What the tests of the passbook have in common: rules in force, a fund, and deeds as reviewers approve them."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from werkzeug.test import TestResponse

from backend.kit.auth import Role
from backend.kit.clock import fresh_id, now
from backend.kit.db import transaction
from backend.passbook import earn
from points.events import DeedApproved, DeedKind
from tests.app import DISTRICT
from tests.cast import Cast, Person

PACK = Path("config/rules/370112-demo.yaml").read_text(encoding="utf-8")
CASES = Path("config/rules/cases/370112-demo.yaml").read_text(encoding="utf-8")
STAR, HELP, FOUND = "敬老爱亲之星", "帮助困难居民", "拾金不昧"
"""20 points; 10 points; 5 to 10 as the reviewer says. At most 30 points a month."""


def no(answer: TestResponse) -> tuple[int, str]:
    """The status and the code of a refusal."""
    return answer.status_code, answer.json["code"]


def submit(cast: Cast, text: str = PACK, cases: str | None = CASES) -> TestResponse:
    """Hand a pack in, as some author."""
    body = {"text": text} | ({"cases": cases} if cases is not None else {})
    return cast.staff(Role.RULES_AUTHOR).post("/staff/rule-packs", body)


def publish_rules(cast: Cast, text: str = PACK, cases: str | None = CASES) -> str:
    """Put a pack in force, by two people; its id."""
    made = submit(cast, text, cases)
    assert made.status_code == 201, made.json
    done = put_in_force(cast.staff(Role.RULES_PUBLISHER), made.json["id"])
    assert done.json["state"] == "published", done.json
    return str(made.json["id"])


def put_in_force(publisher: Person, pack: str) -> TestResponse:
    """A second person looks at a pack and publishes what they saw."""
    seen = publisher.get(f"/staff/rule-packs/{pack}").json
    return publisher.post(f"/staff/rule-packs/{pack}/publish", {"stamp": seen.get("stamp", "0" * 64)})


def fill_fund(cast: Cast, amount: int = 10_000) -> Person:
    manager = cast.staff(Role.FUND_MANAGER)
    assert manager.post("/staff/funds/civic/top-ups", {"amount": amount, "memo": "赞助"}).status_code == 201
    return manager


def deed(resident: str, kind: DeedKind = DeedKind.ACT, category: str = STAR, **more: Any) -> DeedApproved:
    """A deed of an hour ago."""
    at: datetime = more.pop("at", now() - timedelta(hours=1))
    identifier = more.pop("id", None) or fresh_id()
    return DeedApproved(
        id=identifier, kind=kind, category=category, at=at, resident=resident, district=DISTRICT, **more
    )


def approve(resident: Person, category: str = STAR, *, approver: str = "staff:somebody", **more: Any) -> str:
    """A civil act is approved; the earning's id."""
    return taken(deed(resident.id, category=category, street="370112001", **more), approver)


def serve(resident: Person, hours: str, activity: str, **more: Any) -> str:
    """Volunteer hours are confirmed; the earning's id."""
    return taken(deed(resident.id, DeedKind.SERVICE, "敬老助残", quantity=Decimal(hours), activity=activity, **more))


def taken(event: DeedApproved, approver: str = "staff:somebody") -> str:
    with transaction():
        return earn.deed_approved(event, approver)


def points(resident: Person) -> int:
    return int(resident.get("/me/points").json["available"])


def told(resident: Person, earning: str) -> dict[str, Any]:
    """An earning as its resident sees it."""
    answer = resident.get(f"/me/earnings/{earning}")
    assert answer.status_code == 200, answer.text
    return dict(answer.json)
