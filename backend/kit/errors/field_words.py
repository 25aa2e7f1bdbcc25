"""Why a field was refused, in Chinese: what the schemas say in English, said again for whoever reads Chinese."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

SENTENCES: dict[str, str] = {
    # of marshmallow: what every field can say
    "Missing data for required field.": "缺少此项。",
    "Field may not be null.": "此项不能是 null。",
    "Invalid value.": "值不符合要求。",
    "Unknown field.": "没有这一项。",
    "Invalid input type.": "应为一个对象。",
    "Invalid type.": "类型不对。",
    "Not a valid string.": "应为文字。",
    "Not a valid utf-8 string.": "应为 UTF-8 文字。",
    "Not a valid number.": "应为数字。",
    "Not a valid integer.": "应为整数。",
    "Number too large.": "数字过大。",
    "Special numeric values (nan or infinity) are not permitted.": "应为有限的数字。",
    "Not a valid boolean.": "应为 true 或 false。",
    "Not a valid list.": "应为列表。",
    "Not a valid mapping type.": "应为一个对象。",
    "Not a valid date.": "应为日期，如 2026-11-20。",
    "Not a valid datetime.": "应为带时区的时间，如 2026-11-20T12:00:00+08:00。",
    "Not a valid aware datetime.": "时间须带时区，如 2026-11-20T12:00:00+08:00。",
    '"{}" cannot be formatted as a date.': "应为日期，如 2026-11-20。",
    '"{}" cannot be formatted as a datetime.': "应为带时区的时间，如 2026-11-20T12:00:00+08:00。",
    # of marshmallow: what validators say
    "Must be one of: {}.": "应为其中之一：{}。",
    "Must be greater than or equal to {} and less than or equal to {}.": "应在 {} 到 {} 之间。",
    "Must be greater than or equal to {}.": "不能小于 {}。",
    "Must be less than or equal to {}.": "不能大于 {}。",
    "Length must be between {} and {}.": "长度应在 {} 到 {} 之间。",
    "Length must be {}.": "长度应为 {}。",
    "Shorter than minimum length {}.": "长度不能小于 {}。",
    "Longer than maximum length {}.": "长度不能大于 {}。",
    "String does not match expected pattern.": "格式不对。",
    # our own
    "Not a UUIDv7.": "应为 UUIDv7。",
    "Not a whole number.": "应为整数。",
    "Not a number.": "应为数字。",
    "Not true or false.": "应为 true 或 false。",
    "Something is named twice.": "有重复的内容。",
    "Holds control characters.": "含有控制字符。",
    "Not a time this service can mean.": "不是本服务能用的时间。",
    "A period has two limits.": "同一周期有两个限额。",
    "Ends before it starts.": "结束早于开始。",
    "Nothing would change.": "没有要改的内容。",
    "At most ten short names, each with text, a whole number, true or false.": "最多十个短名称，各配文字、整数或真假。",
}
"""English to Chinese; `{}` stands for what is put in."""


def in_chinese(messages: Any) -> Any:
    """The same tree of messages with each sentence in Chinese; one that is not known stays as it is."""
    if isinstance(messages, dict):
        return {name: in_chinese(below) for name, below in messages.items()}
    if isinstance(messages, list):
        return [in_chinese(each) for each in messages]
    return _sentence(messages) if isinstance(messages, str) else messages


def _sentence(text: str) -> str:
    if text in SENTENCES:
        return SENTENCES[text]
    for pattern, chinese in _patterns():
        if found := pattern.fullmatch(text):
            return chinese.format(*found.groups())
    return text


@cache
def _patterns() -> list[tuple[re.Pattern[str], str]]:
    """Those with a place in them. The longer first: a range begins like its lower bound."""
    return [
        (re.compile("(.*)".join(map(re.escape, english.split("{}"))), re.DOTALL), chinese)
        for english, chinese in sorted(SENTENCES.items(), key=lambda pair: -len(pair[0]))
        if "{}" in english
    ]
