"""Before a ticket is kept: a ticket is about a place, so words that point at a person are refused."""

from __future__ import annotations

import re
import unicodedata
from datetime import date

from points.errors import Category, kind

NAMES_A_PERSON = kind(
    "names_a_person",
    Category.INVALID,
    zh="上报的是地点和物，不是人：请删去文字里的电话或证件号码。",
    en="A ticket is about a place or a thing, not a person: take the telephone or identity number out of the text.",
)
_BETWEEN = r"[\s\-·._]?"
_MOBILE = re.compile(rf"(?<!\d)(?:(?:\+|00)?86{_BETWEEN})?1{_BETWEEN}[3-9](?:{_BETWEEN}\d){{9}}(?!\d)")
_LANDLINE = re.compile(r"(?<!\d)0\d{2,3}[\s\-]\d{7,8}(?!\d)")
_IDENTITY = re.compile(rf"(?<!\d)[1-9](?:{_BETWEEN}\d){{16}}{_BETWEEN}[\dXx](?![0-9A-Za-z])")
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)


def refuse_persons(*texts: str | None) -> None:
    """Refused with `names_a_person` where a text holds a telephone number or an identity number (GB 11643)."""
    for text in texts:
        shown = unicodedata.normalize("NFKC", text or "")
        plain = "".join(c for c in shown if unicodedata.category(c) != "Cf")  # without characters nobody sees
        if _MOBILE.search(plain) or _LANDLINE.search(plain) or _names_identity(plain):
            raise NAMES_A_PERSON()


def _names_identity(text: str) -> bool:
    return any(_is_identity(re.sub(r"[^\dXx]", "", found)) for found in _IDENTITY.findall(text))


def _is_identity(number: str) -> bool:
    """18 characters with a possible birthday, or with the right check digit: either is enough to be careful."""
    right = "10X98765432"[sum(int(d) * w for d, w in zip(number, _WEIGHTS, strict=False)) % 11] == number[17].upper()
    return right or _is_birthday(number[6:14])


def _is_birthday(digits: str) -> bool:
    try:
        born = date(int(digits[:4]), int(digits[4:6]), int(digits[6:]))
    except ValueError:
        return False
    return 1900 <= born.year <= 2100
