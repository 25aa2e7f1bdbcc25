"""Chapter 4, continued: an act is refused with a reason, its resident appeals, and a second person answers in time."""

from __future__ import annotations

from backend.cli.demo.asker import Answer
from backend.cli.demo.story import Story
from backend.cli.demo.wording import local_time

REFUSAL = ("照片看不清地点，请补充说明。", "The photo does not show the place; please explain.")
APPEAL = (
    "照片左侧是社区服务站的招牌，站长可以证明。",
    "The sign on the left is the service station's; its head can confirm.",
)
ANSWER = ("已与站长核实，情况属实。", "Confirmed with the head of the station; it is true.")
STATES = {"refused": "不予通过", "overturned": "改判通过", "upheld": "维持原决定"}


def refused_and_appealed(story: Story, act: Answer) -> None:
    """The reason, the appeal with its term, and the answer, each as the resident reads it."""
    person, path = story.residents["李秋分"], f"/acts/{act['id']}"
    body = {"decision": "refuse", "reason": REFUSAL[0]}
    refused = story.staff["演示-审核员"].post(f"{path}/review", body, key=story.memory.key("review 5"))
    story.tell(
        f"李秋分的 1 件{STATES[refused['state']]}，居民看到的理由：“{refused['reason']}”",
        f"One act of Li's is {refused['state']}; the reason the resident reads: “{REFUSAL[1]}”",
    )
    appealed = person.post(f"{path}/appeal", {"text": APPEAL[0]}, key=story.memory.key("appeal 5"))["appeal"]
    due = local_time(appealed["answer_due_at"], story.zone)
    story.tell(
        f"居民申诉：“{appealed['text']}”答复期限：{due.zh}。",
        f"The resident appeals: “{APPEAL[1]}” An answer is due by {due.en}.",
    )
    body = {"decision": "overturn", "reason": ANSWER[0]}
    second = story.staff["演示-复核员"]
    answered = second.post(f"{path}/appeal/answer", body, key=story.memory.key("answer 5"))
    earned = person.get(f"/me/earnings/{answered['earning']}")
    story.tell(
        f"另一位复核员答复：“{answered['appeal']['reason']}”结果：{STATES[answered['state']]}，"
        f"得 {earned['granted']} 分。",
        f"Another person answers: “{ANSWER[1]}” The act is {answered['state']} and earns {earned['granted']} points.",
    )
