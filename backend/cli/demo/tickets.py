"""Chapters 6 and 8: photo reporters' tickets, real tickets of another city, and a partner's."""

from __future__ import annotations

from typing import Any

from backend.cli.demo.asker import Answer
from backend.cli.demo.photos import upload
from backend.cli.demo.provenance import is_constructed
from backend.cli.demo.story import Story
from backend.cli.demo.wording import number_word
from backend.cli.progress import bar
from backend.settings import CONFIG, ROOT

REAL = ROOT.parent / "shared" / "data" / "boston311_2011H2.csv.gz"
SAMPLE = CONFIG / "samples" / "tickets_sample.csv"
REPORTS = [
    ("李秋分", "暴露垃圾", 36.6815, 117.0702, "绿化带旁有成堆垃圾，气味明显。"),
    ("孙白露", "暴露垃圾", 36.68152, 117.07022, "路边垃圾堆放，行人绕行。"),
    ("李秋分", "乱涂乱画与小广告", 36.6902, 117.0655, "公交站牌贴满小广告。"),
    ("李秋分", "乱涂乱画与小广告", 36.6950, 117.0801, "围墙上有大片涂写。"),
    ("李秋分", "乱涂乱画与小广告", 36.7021, 117.0912, "电线杆上贴满小广告。"),
]


def report(story: Story) -> None:
    """A group of photo reporters files tickets about places; staff verify and file them; the reporters earn."""
    dispatcher = story.staff["演示-派单员"]
    group = dispatcher.post("/staff/reporter-groups", {"name": "演示拍客组"}, key=story.memory.key("group"))
    for name in ("李秋分", "孙白露"):
        body = {"resident": story.resident_ids[name]}
        dispatcher.post(f"/staff/reporter-groups/{group['id']}/members", body, key=story.memory.key(f"member {name}"))
    tickets = [_report(story, i) for i in range(len(REPORTS))]
    story.chapter(6, "随手拍工单", "Tickets about places")
    _verified(story, tickets)
    _bands(story, tickets[2:])
    _handle(story, tickets[0])


def _verified(story: Story, tickets: list[str]) -> None:
    """The second ticket is of the same rubbish as the first."""
    answers: list[Answer] = []
    for i, ticket in enumerate(tickets):
        verdict: dict[str, Any] = {"duplicate_of": tickets[0]} if i == 1 else {}
        path = f"/tickets/{ticket}/verify"
        answers.append(story.staff["演示-网格员"].post(path, verdict, key=story.memory.key(f"verify {i}")))
    again = [answer for answer in answers if answer["duplicate_of"]]
    new = len(answers) - len(again)
    first, token = _points(story, "李秋分", tickets[0]), _points(story, "孙白露", tickets[1])
    story.tell(
        f"网格员核实：{new} 张立案，另 {len(again)} 张与其中一张重复，并入原案。"
        f"同一处首位上报人得 {first} 分，第二位得象征性的 {token} 分。",
        f"Grid workers checked: {number_word(new)} tickets filed, and {number_word(len(again))} more that repeats one "
        f"of them, joined to it. The first reporter of a place gets {first} points, the second a token {token}.",
    )


def _bands(story: Story, tickets: list[str]) -> None:
    """Tickets of one kind earn less the more there are in a month."""
    earnings = [_earning(story, "李秋分", ticket) for ticket in tickets]
    story.facts["band"] = earnings[-1]["id"]
    points = [str(earning["granted"]) for earning in earnings]
    made_up = is_constructed(story.facts["pack"], earnings[-1]["grants"][0]["rule"])
    story.tell(
        f"同类工单按当月张数分段递减{'（分段为演示构造）' * made_up}：李秋分的 {len(points)} 张依次得 "
        f"{'、'.join(points)} 分。",
        f"Tickets of one kind earn in falling bands within a month{' (constructed for the demonstration)' * made_up}: "
        f"Li's {number_word(len(points))} gave {', '.join(points)} points.",
    )


def others(story: Story) -> None:
    """Real tickets of another city are imported, a partner posts one by Open311; neither earns for anyone."""
    from backend.tickets.importing import import_csv

    real = REAL.exists()
    with story.in_service(), bar(story.console, "导入工单 · importing tickets") as progress:
        found = import_csv(REAL if real else SAMPLE, story.district, progress=progress)
    story.chapter(8, "导入与合作系统", "Imported tickets and a partner's")
    story.tell(
        f"{'真实工单（波士顿 311，2011 年下半年）' if real else '自带样例（生成的数据）'}：{found.rows:,} 行，"
        f"其中新导入 {found.imported:,}，已有 {found.known:,}。导入的工单没有上报人，不产生积分。",
        f"{'Real tickets (Boston 311, second half of 2011)' if real else 'The shipped sample (generated)'}: "
        f"{found.rows:,} rows, {found.imported:,} new, {found.known:,} known. "
        "Imported tickets have no reporter and never earn.",
    )
    if not story.memory.knows("open311"):
        form = {
            "api_key": story.facts["api_key"],
            "service_code": "street-light",
            "lat": "36.69",
            "long": "117.08",
            "description": "路灯不亮 / street light out",
        }
        posted = story.anyone().post("/open311/v2/requests.json", key=story.memory.key("open311"), data=form)
        story.memory.once("open311", lambda: posted.body[0].get("service_request_id") or posted.body[0]["token"])
    number = story.memory.once("open311", str)
    story.tell(f"合作系统经 Open311 提交了工单 {number}。", f"The partner posted ticket {number} by Open311.")


def _report(story: Story, i: int) -> str:
    name, category, lat, lon, description = REPORTS[i]
    person = story.residents[name]
    body = {
        "category": category,
        "description": description,
        "position": {"lat": lat, "lon": lon, "datum": "gcj02", "accuracy": 15},
        "street": "370112001",
        "photos": [upload(story, person, 20 + i)],
    }
    return str(person.post("/tickets", body, key=story.memory.key(f"ticket {i}"))["id"])


def _points(story: Story, name: str, ticket: str) -> int:
    return int(_earning(story, name, ticket)["granted"])


def _earning(story: Story, name: str, ticket: str) -> Answer:
    person = story.residents[name]
    return person.get(f"/me/earnings/{person.get(f'/tickets/{ticket}')['earning']}")


def _handle(story: Story, ticket: str) -> None:
    """The first ticket goes all the way: sent, fixed, checked, rated."""
    key, staff = story.memory.key, story.staff
    body: dict[str, Any] = {"unit": "sanitation"}
    staff["演示-派单员"].post(f"/tickets/{ticket}/dispatch", body, key=key("dispatch"))
    staff["演示-处置员"].post(f"/tickets/{ticket}/fix", {"note": "已清运并冲洗地面。"}, key=key("fix"))
    staff["演示-网格员"].post(f"/tickets/{ticket}/check", {"passed": True}, key=key("check"))
    rated = story.residents["李秋分"].post(f"/tickets/{ticket}/rate", {"score": 5}, key=key("rate"))
    story.tell(
        f"第一张工单走完全程：派单、处置、核查、结案，上报人评价 {rated['rating']} 星（满分 5 星）。",
        f"The first one went all the way: sent, fixed, checked, closed, and rated {rated['rating']} of 5 stars.",
    )
