"""Chapters 1 and 2: the places, and everybody's way in."""

from __future__ import annotations

from functools import partial

from backend.cli.demo.asker import Asker
from backend.cli.demo.story import RESIDENTS, Story
from backend.cli.demo.wording import number_word

STAFF = {
    "演示-审核员": ["reviewer"],
    "演示-复核员": ["second_reviewer"],
    "演示-派单员": ["dispatcher"],
    "演示-网格员": ["grid_worker"],
    "演示-处置员": ["handler"],
    "演示-资金管理员": ["fund_manager"],
    "演示-规则起草人": ["rules_author"],
    "演示-规则发布人": ["rules_publisher"],
}
ADMIN = "演示-管理员"
CLERK = "演示-店员"
BESIDE = ("演示-居民审核员", "孙白露")
"""A reviewer who is also a resident: the account as staff, and the account as resident that it is linked to."""


def places(story: Story) -> None:
    """The streets and communities of the district."""
    anyone = story.anyone()
    streets = anyone.get("/places/streets")["items"]
    communities = sum(len(anyone.get(f"/places/streets/{s['code']}/communities")["items"]) for s in streets)
    story.chapter(1, "地点", "Places")
    story.tell(
        f"本区有 {len(streets)} 个街道，{communities} 个社区和村。",
        f"The district has {len(streets)} streets and {communities} communities and villages.",
    )


def sign_ins(story: Story) -> None:
    """Residents by a WeChat code, staff by password and one-time code, a clerk by password, a partner by key."""
    for name, street in RESIDENTS.items():
        resident = story.sign_in_resident(name)
        resident.put("/me", {"name": name, "street": street})
    admin = story.sign_in_staff(ADMIN, lambda: story.invite(ADMIN, ["admin"]))
    linked = {"name": BESIDE[0], "roles": ["reviewer"], "resident": story.resident_ids[BESIDE[1]]}
    for body in [{"name": name, "roles": roles} for name, roles in STAFF.items()] + [linked]:
        name = str(body["name"])
        invited = admin.post("/staff/members", body, key=story.memory.key(f"invite {name}"))
        story.sign_in_staff(name, partial(str, invited["setup_token"]))
    _merchant(story, admin)
    partner = admin.post("/staff/partners", {"name": "演示合作系统"}, key=story.memory.key("partner"))
    story.facts["api_key"] = partner["api_key"]
    story.chapter(2, "登录", "Signing in")
    story.tell(
        f"{len(story.residents)} 位居民用微信码登录，{len(story.staff)} 位工作人员用密码和一次性验证码登录，"
        f"{len(story.clerks)} 位店员用密码登录，1 个 Open311 合作系统领到密钥。",
        f"{len(story.residents)} residents by WeChat code, {len(story.staff)} staff by password and one-time code, "
        f"{number_word(len(story.clerks))} clerk by password, and one Open311 partner with a key.",
    )
    wrong = story.anyone().refused("/session", {"code": "not-a-code"})
    story.refusal("错误的微信码", wrong)
    story.tell(f"错误的微信码被拒绝：{wrong.code}。", f"A wrong WeChat code is refused: {wrong.code}.")


def _merchant(story: Story, admin: Asker) -> None:
    body = {"name": "演示便民超市", "street": "370112001", "shops": ["演示一店"]}
    merchant = admin.post("/staff/merchants", body, key=story.memory.key("merchant"))
    story.facts["merchant"] = merchant["id"]
    password = story.memory.once("password:clerk", lambda: story.memory.key("clerk password") + "-Demo")
    clerk = {"name": CLERK, "password": password, "shop": merchant["shops"][0]["id"], "role": "clerk"}
    admin.post(f"/staff/merchants/{merchant['id']}/clerks", clerk, key=story.memory.key("clerk"))
    signed_in = story.anyone().post("/merchant/session", {"name": CLERK, "password": password})
    story.clerks[CLERK] = Asker(story.api, signed_in["token"])
