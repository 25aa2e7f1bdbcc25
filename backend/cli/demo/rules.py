"""Chapter 3: the rules in force, and the fund that covers every point."""

from __future__ import annotations

from backend.cli.demo.story import Story
from backend.settings import CONFIG

FUND_POINTS = 100_000


def rules_and_fund(story: Story) -> None:
    """One person submits the pack, another publishes it; outside money tops the fund up."""
    text = (CONFIG / "rules" / "370112-demo.yaml").read_text(encoding="utf-8")
    cases = (CONFIG / "rules" / "cases" / "370112-demo.yaml").read_text(encoding="utf-8")
    author, publisher = story.staff["演示-规则起草人"], story.staff["演示-规则发布人"]
    body = {"text": story.memory.once("pack", lambda: text), "cases": story.memory.once("cases", lambda: cases)}
    pack = author.post("/staff/rule-packs", body, key=story.memory.key("pack"))
    published = publisher.post(f"/staff/rule-packs/{pack['id']}/publish", key=story.memory.key("publish"))
    story.chapter(3, "规则与资金", "Rules and fund")
    story.tell(
        f"细则 {published['pack']} 第 {published['version']} 版由两人起草并发布,自 {published['valid_from']} 起生效。",
        f"The pack {published['pack']} version {published['version']}, written by one person and published by another, "
        f"is in force from {published['valid_from']}.",
    )
    manager = story.staff["演示-资金管理员"]
    body = {"amount": FUND_POINTS, "memo": "演示赞助"}
    manager.post("/staff/funds/civic/top-ups", body, key=story.memory.key("top up"))
    fund = manager.get("/staff/funds")["items"][0]
    story.tell(
        f"资金池 civic 注入 {fund['paid_in']} 分的保障。",
        f"The fund civic is topped up: {fund['paid_in']} points are covered.",
    )
