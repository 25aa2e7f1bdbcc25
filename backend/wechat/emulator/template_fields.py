"""What a subscription message's fields may hold; WeChat tells a field's sort by the letters of its name."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from backend.wechat.emulator.denials import Denied

_CHINESE = "\u4e00-\u9fff"
_SORTS: Final = {
    "thing": re.compile(r".{1,20}"),
    "number": re.compile(r"-?[0-9]{1,32}(\.[0-9]+)?"),
    "letter": re.compile(r"[A-Za-z]{1,32}"),
    "symbol": re.compile(r"[^\w\s]{1,5}"),
    "character_string": re.compile(rf"[^{_CHINESE}]{{1,32}}"),
    "time": re.compile(r".{1,32}"),
    "date": re.compile(r".{1,32}"),
    "amount": re.compile(r"[¥$€£]?[0-9]{1,10}(\.[0-9]{1,2})?元?"),
    "phone_number": re.compile(r"[+0-9\-]{1,17}"),
    "car_number": re.compile(r".{1,8}"),
    "name": re.compile(rf"[{_CHINESE}·]{{1,10}}|[ -~]{{1,20}}"),
    "phrase": re.compile(rf"[{_CHINESE}]{{1,5}}"),
}
_NAME = re.compile(r"([a-z_]+?)[0-9]{1,3}")


def is_field_name(name: str) -> bool:
    """Whether a template may have a field of this name: a known sort and a number, as `thing1`."""
    found = _NAME.fullmatch(name)
    return found is not None and found.group(1) in _SORTS


def check_fields(names: Iterable[str], given: object) -> None:
    """Denied 47003, naming the field, unless each field of the template is there and fits its sort."""
    held = given if isinstance(given, dict) else {}
    for name in names:
        entry = held.get(name)
        value = entry.get("value") if isinstance(entry, dict) else None
        if not fits(name, value):
            raise Denied(47003, f"data.{name}.value invalid")


def fits(name: str, value: object) -> bool:
    """Whether a value is a text that the field's sort allows; control characters fit nowhere."""
    found = _NAME.fullmatch(name)
    if found is None or not isinstance(value, str) or not value.strip():
        return False
    if any(ord(character) < 32 or ord(character) == 127 for character in value):
        return False
    return _SORTS[found.group(1)].fullmatch(value) is not None
