"""Chapters 9 and 10: points explain themselves, then become a reward over the counter, once."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import Any

from backend.cli.demo.asker import Answer, StoryBroke
from backend.cli.demo.people import CLERK
from backend.cli.demo.story import RESIDENTS, Story
from backend.cli.demo.wording import number_word

PRICE = 10
STOCK = 3


def explained(story: Story) -> None:
    """Two earnings say why they are what they are, and every statement agrees with the ledger."""
    story.chapter(9, "为什么是这些分", "Why these points")
    for name, fact in (("赵小满", "capped"), ("李秋分", "band")):
        told = story.residents[name].get(f"/me/earnings/{story.facts[fact]}")
        for zh, en in zip(told["sentences"]["zh-CN"], told["sentences"]["en"], strict=True):
            story.tell(zh, en)
        story.console.print()
    for name in RESIDENTS:
        _statement_agrees(story, name)
    story.tell(
        f"{len(RESIDENTS)} 位居民的账单余额都与账本一致。",
        f"The statements of all {number_word(len(RESIDENTS))} residents agree with the ledger.",
    )


def redeemed(story: Story) -> None:
    """All of the stock is handed over; a second capture, an expired code and a redemption too many are refused."""
    story.chapter(10, "兑换", "Redemptions")
    reward = _publish(story)
    first = _redeem(story, "赵小满", reward)
    captures = [_hand_over(story, "赵小满", first, first["code"])]
    twice = story.clerks[CLERK].refused(f"/merchant/redemptions/{first['id']}/capture", key=story.memory.key("twice"))
    second = _redeem(story, "李秋分", reward)
    expired = _expired(story, second)
    captures.append(_hand_over(story, "李秋分", second, _fresh_code(story, second)))
    third = _redeem(story, "钱立夏", reward)
    captures.append(_hand_over(story, "钱立夏", third, third["code"]))
    fourth = story.residents["孙白露"].refused(
        "/redemptions", {"reward_id": reward, "quantity": 1}, key=story.memory.key("redeem fourth")
    )
    _told(story, reward, captures)
    for what, answer in (("重复核销", twice), ("过期的码", expired), ("第四次兑换", fourth)):
        story.refusal(what, answer)
    story.tell(
        f"被拒绝的：重复核销 {twice.code}，过期的码 {expired.code}，第四次兑换 {fourth.code}。",
        f"Refused: a second capture {twice.code}, an expired code {expired.code}, a fourth redemption {fourth.code}.",
    )
    _settle(story, sum(capture["points"] for capture in captures))


def _told(story: Story, reward: str, captures: list[Answer]) -> None:
    left = story.residents["赵小满"].get(f"/rewards/{reward}")["stock"]
    done = [capture for capture in captures if capture["state"] == "captured"]
    points = sum(capture["points"] for capture in done)
    story.tell(
        f"奖品发布 {STOCK} 份，每份 {PRICE} 分；{len(done)} 位居民各兑一份，由店员扫码核销，共 {points} 分，"
        f"剩余库存 {left}。",
        f"A reward with a stock of {STOCK} at {PRICE} points: {number_word(len(done))} residents redeemed one each and "
        f"the clerk captured them, {points} points in all; {left} left in stock.",
    )


def _publish(story: Story) -> str:
    def window() -> dict[str, str]:
        now = datetime.now(UTC)
        starts, ends = now - timedelta(minutes=1), now + timedelta(days=365)
        return {"starts_at": starts.isoformat(), "ends_at": ends.isoformat()}

    body = {
        "title": {"zh": "环保购物袋一个", "en": "A cloth shopping bag"},
        "price": PRICE,
        "merchants": [story.facts["merchant"]],
        "stock": STOCK,
        "limits": [{"period": "month", "quantity": 1}],
        **story.memory.once("reward window", window),
    }
    manager = story.staff["演示-资金管理员"]
    reward = str(manager.post("/staff/rewards", body, key=story.memory.key("reward"))["id"])
    for _ in range(300):  # it is published when the ledger has it, moments after the commit; then residents see it
        if manager.get(f"/rewards/{reward}")["state"] == "published":
            return reward
        time.sleep(0.1)
    raise StoryBroke("the reward was not published")


def _redeem(story: Story, name: str, reward: str) -> Answer:
    body = {"reward_id": reward, "quantity": 1}
    return story.residents[name].post("/redemptions", body, key=story.memory.key(f"redeem {name}"))


def _hand_over(story: Story, name: str, redemption: Answer, code: str) -> Answer:
    """The clerk scans the code and captures; a second telling only repeats the capture."""
    clerk = story.clerks[CLERK]
    if not story.memory.knows(f"captured {name}"):
        clerk.post("/merchant/redemptions/lookup", {"code": code})
    path = f"/merchant/redemptions/{redemption['id']}/capture"
    captured = clerk.post(path, key=story.memory.key(f"capture {name}"))
    story.memory.once(f"captured {name}", lambda: True)
    return captured


def _expired(story: Story, redemption: Answer) -> Answer:
    """Wait until the code on the screen is over, then scan it."""
    ends = datetime.fromisoformat(redemption["code_expires_at"])
    time.sleep(max(0.0, (ends - datetime.now(UTC)).total_seconds() + 0.2))
    return story.clerks[CLERK].refused("/merchant/redemptions/lookup", {"code": redemption["code"]})


def _fresh_code(story: Story, redemption: Answer) -> str:
    """What the screen shows next; the code of a reward that was handed over is not renewed."""
    if story.memory.knows("captured 李秋分"):
        return str(redemption["code"])
    path = f"/redemptions/{redemption['id']}/code"
    return str(story.residents["李秋分"].post(path, key=story.memory.key("fresh code"))["code"])


def _settle(story: Story, points: int) -> None:
    """Pay the merchant for what was captured."""
    manager, merchant = story.staff["演示-资金管理员"], story.facts["merchant"]
    body = {"amount": points, "memo": "演示结算"}
    settled = manager.post(f"/staff/merchants/{merchant}/settlements", body, key=story.memory.key("settle"))
    story.tell(
        f"与商户结算 {settled['amount']} 分，结算后余额 {settled['balance']} 分。",
        f"The merchant is settled for {settled['amount']} points; {settled['balance']} left.",
    )


def _statement_agrees(story: Story, name: str) -> None:
    """The journal follows the ledger within moments; then both must say the same."""
    person = story.residents[name]
    seen: list[Any] = []
    for _ in range(100):
        lines = person.get("/me/statement", limit=1)["items"]
        points = person.get("/me/points").body
        seen = [lines[0]["balance"] if lines else 0, points["available"]]
        if seen[0] == seen[1]:
            return
        time.sleep(0.1)
    raise StoryBroke(f"{name}: the statement says {seen[0]}, the ledger {seen[1]}")
