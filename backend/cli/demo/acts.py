"""Chapter 4: acts are declared with a photo, reviewed, refused with a reason, appealed; a cap bites."""

from __future__ import annotations

import io
from datetime import UTC, datetime, timedelta
from typing import Any

from PIL import Image, ImageDraw

from backend.cli.demo.asker import Answer, Asker
from backend.cli.demo.story import Story


def picture(number: int) -> bytes:
    """A made-up photo: shapes in colours, different for each number."""
    image = Image.new("RGB", (640, 480), ((number * 67) % 256, (number * 131) % 256, (number * 29) % 256))
    draw = ImageDraw.Draw(image)
    for i in range(12):
        x, y = (number * 97 + i * 173) % 560, (number * 53 + i * 211) % 400
        shade = ((i * 83 + number * 11) % 256, (i * 41) % 256, (number * 197 + i * 7) % 256)
        draw.rectangle((x, y, x + 40 + (i * number * 13) % 120, y + 30 + (i * number * 17) % 90), fill=shade)
    out = io.BytesIO()
    image.save(out, "JPEG", quality=88)
    return out.getvalue()


def upload(story: Story, person: Asker, number: int) -> str:
    """Upload one photo; answers its id."""
    files = {"file": (f"{number}.jpg", picture(number), "image/jpeg")}
    return str(person.post("/photos", key=story.memory.key(f"photo {number}"), files=files)["id"])


def declare(story: Story, name: str, category: str, number: int, description: str) -> Answer:
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


def acts(story: Story) -> None:
    """Four acts approved, one refused, appealed and answered by a second person."""
    story.chapter(4, "文明行为", "Civil acts")
    reviewer = story.staff["演示-审核员"]
    for number, (name, category, description) in enumerate(
        [
            ("赵小满", "敬老爱亲之星", "每周为楼上两位老人买菜送药。"),
            ("赵小满", "抢险救灾", "暴雨夜与邻居一起堵住地下室进水。"),
            ("孙白露", "帮助困难居民", "帮行动不便的邻居办理证件。"),
            ("钱立夏", "调解矛盾纠纷", "劝和楼道堆物引起的争吵。"),
        ],
        start=1,
    ):
        act = declare(story, name, category, number, description)
        body: dict[str, Any] = {"decision": "approve", "reason": "材料齐全,情况属实。"}
        if category == "调解矛盾纠纷":
            body["points"] = 5
        reviewer.post(f"/acts/{act['id']}/review", _known(story, body), key=story.memory.key(f"review {number}"))
    earned = story.residents["赵小满"].get("/me/earnings")["items"]
    story.facts["capped"] = earned[0]["id"]
    story.tell(
        f"4 件获批。赵小满的第二件应得 {earned[0]['asked']} 分,被每月上限截为 {earned[0]['granted']} 分。",
        f"4 approved. Zhao's second asked for {earned[0]['asked']}; the monthly cap left {earned[0]['granted']}.",
    )
    _refused_and_appealed(story)


def _known(story: Story, body: dict[str, Any]) -> dict[str, Any]:
    """The body as this service takes it: a reviewer's own points only where the rules ask for them."""
    return {name: value for name, value in body.items() if name != "points"}


def _refused_and_appealed(story: Story) -> None:
    act = declare(story, "李秋分", "参加社区活动", 5, "周末参加了社区清洁日。")
    reviewer, second = story.staff["演示-审核员"], story.staff["演示-复核员"]
    refusal = {"decision": "refuse", "reason": "照片看不清地点,请补充说明。"}
    reviewer.post(f"/acts/{act['id']}/review", refusal, key=story.memory.key("review 5"))
    person = story.residents["李秋分"]
    appeal = {"text": "照片左侧是社区服务站的招牌,站长可以证明。"}
    appealed = person.post(f"/acts/{act['id']}/appeal", appeal, key=story.memory.key("appeal 5"))
    answer = {"decision": "overturn", "reason": "已与站长核实,情况属实。"}
    second.post(f"/acts/{act['id']}/appeal/answer", answer, key=story.memory.key("answer 5"))
    seen = person.get(f"/acts/{act['id']}")
    story.tell(
        f"1 件被退回并说明理由;居民申诉(答复期限 {_due(appealed)}),另一位复核员改判,状态:{seen['state']}。",
        f"1 refused with a reason; the resident appealed (answer due {_due(appealed)}); another person overturned it: "
        f"{seen['state']}.",
    )


def _due(appealed: Answer) -> str:
    found = appealed.body.get("appeal") or appealed.body
    return str(found.get("answer_due_at", ""))[:16]


def _minutes_ago(minutes: int) -> str:
    return (datetime.now(UTC) - timedelta(minutes=minutes)).isoformat()
