"""The HTTP surface as the application itself declares it: its routes, who may use them, and a good body for each."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from flask import Flask
from werkzeug.test import TestResponse

from points.ids import new_id
from tests.app import NOON, OTHER_DISTRICT
from tests.backend.volunteering.stage import BEGINS, activity, at
from tests.cast import Person
from tests.contract.town import STREET, Town

BASE = "/api/v1"
_PART = re.compile(r"<(?:[^:>]+:)?([^>]+)>")


@dataclass(frozen=True)
class Route:
    """One operation of the API."""

    method: str
    path: str
    """Without the base, with its parts as `<part>`."""
    name: str
    """The operationId."""
    may: str
    keyed: bool

    @property
    def label(self) -> str:
        return f"{self.method} {self.path}"

    @property
    def parts(self) -> list[str]:
        return _PART.findall(self.path)

    def at(self, **parts: str) -> str:
        """The path with its parts filled in."""
        return _PART.sub(lambda found: parts[found.group(1)], self.path)


def routes(app: Flask) -> Iterator[Route]:
    """Every operation of the API, in the order of their paths."""
    for rule in sorted(app.url_map.iter_rules(), key=lambda rule: (rule.rule, sorted(rule.methods or ()))):
        view = app.view_functions[rule.endpoint]
        if rule.rule.startswith(BASE) and hasattr(view, "civic_may"):
            for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
                name = rule.endpoint.rpartition(".")[2]
                yield Route(method, rule.rule.removeprefix(BASE), name, view.civic_may, view.civic_keyed)


def asked(person: Person, method: str, path: str, body: Any = None, **kwargs: Any) -> TestResponse:
    """A request in somebody's name, with a fresh Idempotency-Key where a POST needs one."""
    headers = {"Authorization": f"Bearer {person.token}"} if person.token else {}
    if method == "POST":
        headers["Idempotency-Key"] = new_id(person.app.extensions["civic_clock"].now())
    headers |= kwargs.pop("headers", {})
    if body is not None:
        kwargs["json"] = body
    return person.client.open(f"{BASE}{path}", method=method, headers=headers, **kwargs)


def problem_of(answer: TestResponse) -> dict[str, Any]:
    """The problem document of a refusal, whose shape is checked."""
    assert answer.content_type == "application/problem+json", (answer.status, answer.content_type, answer.text[:300])
    found = answer.get_json(force=True)
    assert {"type", "title", "status", "code", "detail", "retry", "request_id"} <= found.keys()
    assert found["status"] == answer.status_code
    assert re.fullmatch(r"[a-z][a-z0-9_]+", found["code"])
    return dict(found)


_SIGN_IN = {"name": "没有这个人", "password": "lotus-tea-paper-boat"}
_POSITION = {"lat": 36.6815, "lon": 117.0702, "datum": "gcj02", "accuracy": 12}
_LATER = (NOON + timedelta(days=10)).isoformat()
_REWARD: dict[str, Any] = {
    "title": {"zh": "虚构的雨伞", "en": "A made-up umbrella"},
    "price": 20,
    "starts_at": NOON.isoformat(),
    "ends_at": _LATER,
}

BODIES: dict[str, Callable[[Town], Any]] = {
    "sign_in": lambda town: {"code": "no-such-code"},
    "sign_in_staff": lambda town: _SIGN_IN,
    "sign_in_clerk": lambda town: _SIGN_IN,
    "set_staff_password": lambda town: {"setup_token": "t" * 43, "password": "lotus-tea-paper-boat"},
    "change_me": lambda town: {"name": "赵小满", "street": STREET},
    "give_birth_date": lambda town: {"birth_date": "1980-05-06"},
    "join_household": lambda town: {"code": "ABCDEFGHJK"},
    "put_into_household": lambda town: {"head": town.ids["resident"]},
    "name_referrer": lambda town: {"code": "ABCDEFGHJK"},
    "set_consent": lambda town: {"purpose": "position", "given": True},
    "declare_act": lambda town: {
        "category": "帮助困难居民",
        "done_at": (NOON - timedelta(hours=2)).isoformat(),
        "street": STREET,
        "description": "帮邻居搬东西。",
        "photos": [town.ids["photo"]],
    },
    "review_act": lambda town: {"decision": "refuse", "reason": "材料不全", "note": "缺照片"},
    "appeal_act": lambda town: {"text": "请再看一次照片。"},
    "extend_act_appeal": lambda town: {"reason": "须向社区核实"},
    "answer_act_appeal": lambda town: {"decision": "overturn", "reason": "核实属实"},
    "plan_activity": lambda town: activity(town.ids["team"]),
    "sign_up": lambda town: {"shift": town.ids["shift"], "risks_seen": True},
    "check_in": lambda town: {"code": "123456", "position": at()},
    "check_out": lambda town: {"code": "123456", "position": at()},
    "confirm_attendance": lambda town: {"break_minutes": 0},
    "correct_attendance": lambda town: {
        "break_minutes": 0,
        "checked_out_at": (BEGINS + timedelta(hours=1)).isoformat(),
        "reason": "忘记签退",
    },
    "confirm_as_second": lambda town: {"break_minutes": 0},
    "look_up_code": lambda town: {"code": town.ids["code"]},
    "capture_redemption": lambda town: {},
    "redeem": lambda town: {"reward_id": town.ids["reward"], "quantity": 1},
    "show_code": lambda town: {},
    "ask_transfer": lambda town: {"district": OTHER_DISTRICT, "amount": 1},
    "top_up_fund": lambda town: {"amount": 1000, "memo": "赞助"},
    "appeal_earning": lambda town: {"text": "应当多算。"},
    "extend_earning_appeal": lambda town: {"reason": "须向社区核实"},
    "answer_earning_appeal": lambda town: {"decision": "uphold", "reason": "核对无误"},
    "ask_correction": lambda town: {"changes": {"category": "帮助困难居民"}, "reason": "类别填错"},
    "ask_undoing": lambda town: {"reason": "查实不属实"},
    "decline_correction": lambda town: {"reason": "查无此事"},
    "publish_pack": lambda town: {"stamp": "0" * 64},
    "ask_to_suspend_pack": lambda town: {"reason": "分值抄错"},
    "submit_pack": lambda town: {"text": "pack: {}"},
    "invite_staff": lambda town: {"name": "新来的人", "roles": ["reviewer"], "resident": town.ids["resident"]},
    "change_staff": lambda town: {"roles": ["reviewer"], "closed": False},
    "add_partner": lambda town: {"name": "虚构的平台"},
    "add_merchant": lambda town: {"name": "虚构的小店", "street": STREET, "shops": ["前台"]},
    "add_clerk": lambda town: {
        "name": "柜台-新",
        "password": "lotus-tea-paper-boat",
        "shop": town.ids["shop"],
        "role": "clerk",
    },
    "settle_merchant": lambda town: {"amount": 1, "memo": "月结"},
    "make_reporter_group": lambda town: {"name": "又一个拍客组", "street": STREET},
    "add_reporter": lambda town: {"resident": town.ids["resident"]},
    "add_reward": lambda town: _REWARD | {"merchants": [town.ids["merchant"]], "stock": 3},
    "change_reward": lambda town: _REWARD | {"merchants": [town.ids["merchant"]]},
    "add_reward_stock": lambda town: {"delta": 1},
    "found_station": lambda town: {
        "name": "虚构的驿站",
        "street": STREET,
        "check_in_points": [{"name": "门口", "lat": 36.68, "lon": 117.06, "radius_m": 100, "datum": "wgs84"}],
    },
    "found_team": lambda town: {"name": "虚构的队", "street": STREET, "leader": town.ids["resident"]},
    "report_ticket": lambda town: {
        "category": "暴露垃圾",
        "description": "绿化带旁有成堆垃圾。",
        "position": _POSITION,
        "street": STREET,
        "address": "虚构路 1 号",
    },
    "verify_ticket": lambda town: {"category": "暴露垃圾"},
    "join_ticket": lambda town: {"original": town.ids["ticket"]},
    "refuse_ticket": lambda town: {"reason": "不属于本区"},
    "dispatch_ticket": lambda town: {"unit": "sanitation", "note": "请处理"},
    "return_ticket": lambda town: {"reason": "不归我们管"},
    "fix_ticket": lambda town: {"note": "已清运"},
    "check_ticket": lambda town: {"passed": True, "note": "属实"},
    "rate_ticket": lambda town: {"score": 5, "note": "很快"},
    "reopen_ticket": lambda town: {"reason": "又有垃圾"},
} | {
    f"{word}_{thing}": lambda town: {"reason": "盘点"}
    for word in ("close", "open")
    for thing in ("merchant", "clerk", "reward", "resident")
}
"""A body that the shape of each operation accepts, by operationId; what it means may still be refused."""
