"""Chapter 3: the rules in force and where their numbers are from, and the fund that covers every point."""

from __future__ import annotations

from backend.cli.demo.provenance import constructed, real_tables
from backend.cli.demo.story import Story
from backend.settings import CONFIG
from points.rules import load_pack

FUND_POINTS = 100_000


def rules_and_fund(story: Story) -> None:
    """One person submits the pack, another publishes it; outside money tops the fund up."""
    text = (CONFIG / "rules" / "370112-demo.yaml").read_text(encoding="utf-8")
    cases = (CONFIG / "rules" / "cases" / "370112-demo.yaml").read_text(encoding="utf-8")
    author, publisher = story.staff["演示-规则起草人"], story.staff["演示-规则发布人"]
    body = {"text": story.memory.once("pack", lambda: text), "cases": story.memory.once("cases", lambda: cases)}
    pack = author.post("/staff/rule-packs", body, key=story.memory.key("pack"))
    path = f"/staff/rule-packs/{pack['id']}"
    looked_at = {"stamp": story.memory.once("stamp", lambda: publisher.get(path)["stamp"])}
    published = publisher.post(f"{path}/publish", looked_at, key=story.memory.key("publish"))
    story.chapter(3, "规则与资金", "Rules and fund")
    story.tell(
        f"细则 {published['pack']} 第 {published['version']} 版由两人起草并发布，自 {published['valid_from']} 起生效；"
        f"{published['case_count']} 个案例全部算对。",
        f"The pack {published['pack']} version {published['version']}, written by one person and published by another, "
        f"is in force from {published['valid_from']}; its {published['case_count']} worked cases all come out right.",
    )
    _provenance(story, publisher.get(f"/staff/rule-packs/{pack['id']}")["text"])
    _fund(story)


def _provenance(story: Story, text: str) -> None:
    """Told from the pack in force itself."""
    story.facts["pack"] = pack = load_pack(text, name="pack.yaml")
    tables, made_up = real_tables(pack), constructed(pack)
    story.tell(
        f"采用的真实公布的积分表：{tables.zh}。",
        f"Real published tables it uses: {tables.en}.",
    )
    story.tell(
        f"以下数值是为演示构造的，不出自任何公布的表：{made_up.zh}。",
        f"These numbers are constructed for the demonstration and stand in no published table: {made_up.en}.",
    )


def _fund(story: Story) -> None:
    manager = story.staff["演示-资金管理员"]
    body = {"amount": FUND_POINTS, "memo": "演示赞助"}
    manager.post("/staff/funds/civic/top-ups", body, key=story.memory.key("top up"))
    fund = manager.get("/staff/funds")["items"][0]
    story.tell(
        f"资金池“{fund['title']['zh']}”注入资金，可保障 {fund['paid_in']:,} 分。",
        f"The {fund['title']['en']} is topped up: {fund['paid_in']:,} points are covered.",
    )
