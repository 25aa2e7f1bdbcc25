"""Chapter 4: acts are declared with a photo and reviewed, never by the one who would earn; a cap bites."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from backend.cli.demo.appealing import refused_and_appealed
from backend.cli.demo.asker import Answer
from backend.cli.demo.people import BESIDE
from backend.cli.demo.photos import upload
from backend.cli.demo.story import Story
from backend.cli.demo.wording import number_word

ACTS = [
    ("赵小满", "敬老爱亲之星", "每周为楼上两位老人买菜送药。"),
    ("赵小满", "抢险救灾", "暴雨夜与邻居一起堵住地下室进水。"),
    ("孙白露", "帮助困难居民", "帮行动不便的邻居办理证件。"),
    ("钱立夏", "调解矛盾纠纷", "劝和楼道堆物引起的争吵。"),
]
ASSESSED = {"调解矛盾纠纷": 8}
"""Where the rule leaves a range, what the reviewer finds right."""


def acts(story: Story) -> None:
    """Acts approved, one of them only by another than its beneficiary; one refused, appealed and overturned."""
    story.chapter(4, "文明行为", "Civil acts")
    reviewed = [_declared_and_approved(story, number, *act) for number, act in enumerate(ACTS, start=1)]
    approved = [act for act in reviewed if act["state"] == "approved"]
    story.tell(
        f"居民申报 {len(reviewed)} 件并附照片，审核员核实后 {len(approved)} 件获批。",
        f"Residents declared {number_word(len(reviewed))} acts with photos; reviewers checked and approved "
        f"{number_word(len(approved))}.",
    )
    _capped(story, reviewed[1])
    _assessed(story, reviewed[3])
    refused_and_appealed(story, _declare(story, "李秋分", "参加社区活动", 5, "周末参加了社区清洁日。"))


def _declared_and_approved(story: Story, number: int, name: str, category: str, description: str) -> Answer:
    act = _declare(story, name, category, number, description)
    if name == BESIDE[1]:
        _own_claim(story, name, act)
    body: dict[str, Any] = {"decision": "approve", "reason": "材料齐全，情况属实。"}
    if category in ASSESSED:
        body["points"] = ASSESSED[category]
    return story.staff["演示-审核员"].post(f"/acts/{act['id']}/review", body, key=story.memory.key(f"review {number}"))


def _declare(story: Story, name: str, category: str, number: int, description: str) -> Answer:
    """A resident declares an act with a photo."""
    person = story.residents[name]
    body: dict[str, Any] = {
        "category": category,
        "done_at": story.memory.once(f"done {number}", lambda: _minutes_ago(90 + number)),
        "street": "370112001",
        "description": description,
        "photos": [upload(story, person, number)],
    }
    return person.post("/acts", body, key=story.memory.key(f"act {number}"))


def _own_claim(story: Story, name: str, act: Answer) -> None:
    """The beneficiary, who is also a reviewer, tries to approve the act."""
    path, body = f"/acts/{act['id']}/review", {"decision": "approve", "reason": "情况属实。"}
    answer = story.staff[BESIDE[0]].refused(path, body, key=story.memory.key("review of one's own"))
    story.refusal("审核本人的申报", answer)
    story.tell(
        f"{name}本人也是审核员（{BESIDE[0]}），审核自己的申报被拒绝：{answer.code}；改由另一位审核员决定。",
        f"Sun is also a reviewer; reviewing an act of her own is refused: {answer.code} ({answer.title}) "
        "Another reviewer decides.",
    )


def _capped(story: Story, act: Answer) -> None:
    earned = story.residents["赵小满"].get(f"/me/earnings/{act['earning']}")
    story.facts["capped"] = earned["id"]
    story.tell(
        f"赵小满的第二件应得 {earned['asked']} 分，被每月上限截为 {earned['granted']} 分。",
        f"Zhao's second asked for {earned['asked']}; the monthly cap left {earned['granted']}.",
    )


def _assessed(story: Story, act: Answer) -> None:
    """The range is the rule's own, as it stands in the pack."""
    earned = story.residents["钱立夏"].get(f"/me/earnings/{act['earning']}")
    pack, rule = story.facts["pack"], earned["grants"][0]["rule"]
    shape = next(each["points"] for each in pack.raw["rules"] if each["rule"] == rule)
    low, high = shape["table"]["values"][act["category"]]
    story.tell(
        f"“{act['category']}”的分值是一个幅度，{low} 至 {high} 分；审核员评定 {earned['granted']} 分。",
        f"For {pack.word(act['category']).en} the rule leaves {low} to {high} points; "
        f"the reviewer assessed {earned['granted']}.",
    )


def _minutes_ago(minutes: int) -> str:
    return (datetime.now(UTC) - timedelta(minutes=minutes)).isoformat()
