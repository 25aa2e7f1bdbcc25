"""How the story says times, lists and the rule pack's own words, in Chinese and in English."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from points.rules import Pack
from points.rules.texts import Text

_DAYS = "一二三四五六日"
_ZONES = {"Asia/Shanghai": "北京时间"}
_NUMBERS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")


def local_time(text: str, zone: ZoneInfo) -> Text:
    """An ISO time as the district's clock shows it, to the minute; midnight belongs to the day that it ends."""
    at = datetime.fromisoformat(text).astimezone(zone)
    day, clock = at.date(), f"{at:%H:%M}"
    if at.time() == time():
        day, clock = day - timedelta(days=1), "24:00"
    return Text(
        f"{day.year}年{day.month}月{day.day}日（星期{_DAYS[day.weekday()]}）{clock}，{_ZONES.get(zone.key, zone.key)}",
        f"{day:%A} {day.day} {day:%B %Y}, {clock}, {zone.key} time",
    )


def number_word(number: int) -> str:
    """A small number as English prose writes it."""
    return _NUMBERS[number] if 0 <= number < len(_NUMBERS) else f"{number:,}"


def place_of(pack: Pack, source: str | None) -> Text:
    """Whose published table a rule's numbers are from."""
    for each in pack.raw.get("sources", ()):
        if each["source"] == source:
            return pack.word(each["place"])
    return Text("本细则", "these rules")


def joined(texts: list[Text]) -> Text:
    """A list of names."""
    return Text("；".join(text.zh for text in texts), "; ".join(text.en for text in texts))
