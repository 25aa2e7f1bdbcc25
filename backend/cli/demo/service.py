"""Chapters 5 and 7: a volunteer checks in by rotating code and place, serves, checks out; the leader confirms."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from backend.cli.demo.asker import Answer
from backend.cli.demo.story import Story
from backend.cli.demo.wording import number_word, place_of
from backend.cli.progress import bar
from points.rules import Pack

SQUARE = {"lat": 36.6808, "lon": 117.0687}
"""A made-up place in the district, WGS84."""
SERVED_SECONDS = 61
PAUSE_SECONDS = 0.5


def check_in(story: Story) -> None:
    """A team, an activity with a shift, a sign-up, and the check-in at the place."""
    admin = story.staff["演示-管理员"]
    body = {"name": "演示志愿服务队", "street": "370112001", "leader": story.resident_ids["孙白露"]}
    team = admin.post("/staff/teams", body, key=story.memory.key("team"))
    leader, volunteer = story.residents["孙白露"], story.residents["钱立夏"]
    activity = leader.post("/activities", _activity(story, team["id"]), key=story.memory.key("activity"))
    shift = activity["shifts"][0]["id"]
    wish = {"shift": shift, "risks_seen": True}
    volunteer.post(f"/activities/{activity['id']}/signups", wish, key=story.memory.key("signup"))
    volunteer.post("/me/consents", {"purpose": "position", "given": True}, key=story.memory.key("consent"))
    _scan(story, shift, "check-in")
    story.facts["shift"] = shift
    story.memory.once("checked in at", time.time)
    story.chapter(5, "志愿服务签到", "Checking in")
    story.tell(
        "队长发布活动；钱立夏看过风险提示后报名，扫现场每 30 秒变化的码并核对位置后签到。",
        "The leader planned a shift; Qian read the risks, signed up, and checked in with the code at the place.",
    )


def check_out(story: Story) -> None:
    """At least a minute later: check-out, confirmation, points."""
    story.chapter(7, "签退与确认", "Checking out")
    shift, leader = story.facts["shift"], story.residents["孙白露"]
    _serve(story)
    _scan(story, shift, "check-out")
    attended = leader.get(f"/shifts/{shift}/attendance")["items"][0]
    path = f"/shifts/{shift}/attendance/{attended['id']}/confirm"
    confirmed = leader.post(path, {"break_minutes": 0}, key=story.memory.key("confirm"))
    earning = story.residents["钱立夏"].get(f"/me/earnings/{confirmed['earning']}")
    minutes = confirmed["minutes"]
    story.tell(
        f"钱立夏签退，系统记 {minutes} 分钟；服务时长须由队长确认，队长孙白露已确认。",
        f"Qian checked out; the service counts {number_word(minutes)} minute{'s' * (minutes != 1)}. "
        "Hours count only when the leader confirms them, which Sun, the leader, did.",
    )
    _why_flat(story, earning, minutes)


def _why_flat(story: Story, earning: Answer, minutes: int) -> None:
    """The points are for taking part; whose table says so is read from the pack."""
    pack: Pack = story.facts["pack"]
    rule = next(each for each in pack.rules if each.id == earning["grants"][0]["rule"])
    place, points = place_of(pack, rule.source), earning["granted"]
    story.tell(
        f"所得 {points} 分是积分表（{place.zh}）对“{rule.title.zh}”每次固定的分值，不论时长，与这 {minutes} 分钟无关。",
        f"The {points} points are the flat value of the table ({place.en}) for each time of "
        f"“{rule.title.en}”, whatever its length, and not for the minutes.",
    )


def _activity(story: Story, team: str) -> dict[str, Any]:
    def make() -> dict[str, Any]:
        now = datetime.now(UTC)
        midnight = _midnight_after(now, story.zone)
        if midnight - now < timedelta(minutes=5):  # a shift cannot go across midnight
            time.sleep((midnight - now).total_seconds() + 1)
            now = datetime.now(UTC)
        ends_at = min(now + timedelta(hours=3), _midnight_after(now, story.zone))
        return {"starts_at": now.isoformat(), "ends_at": ends_at.astimezone(UTC).isoformat()}

    times = story.memory.once("shift times", make)
    point = {"name": "演示广场", **SQUARE, "radius_m": 150, "datum": "wgs84"}
    return {
        "team": team,
        "title": "社区活动秩序引导",
        "category": "社区活动",
        "description": "演示活动",
        "risks": "人多时注意脚下；高温天气多饮水。",
        "shifts": [{**times, "places": 5, "check_in_points": [point]}],
    }


def _midnight_after(now: datetime, zone: ZoneInfo) -> datetime:
    return datetime.combine(now.astimezone(zone).date() + timedelta(days=1), datetime.min.time(), zone)


def _scan(story: Story, shift: str, way: str) -> None:
    """Scan the code the leader shows at the place. A second telling sends what the first one sent."""
    leader, volunteer = story.residents["孙白露"], story.residents["钱立夏"]

    def body() -> dict[str, Any]:
        code = leader.get(f"/shifts/{shift}/code")["code"]
        return {"code": code, "position": {**SQUARE, "accuracy": 18, "datum": "wgs84"}}

    volunteer.post(f"/shifts/{shift}/{way}", story.memory.once(f"{way} body", body), key=story.memory.key(way))


def _serve(story: Story) -> None:
    """Wait until the shortest service there is has passed; no clock is moved."""
    left = story.memory.once("checked in at", time.time) + SERVED_SECONDS - time.time()
    if left <= 0 or story.memory.knows("check-out body"):
        return
    steps = int(left / PAUSE_SECONDS) + 1
    with bar(story.console, "等待服务满一分钟 · serving the shortest minute") as progress:
        for step in range(steps):
            time.sleep(PAUSE_SECONDS)
            progress(step + 1, steps)
