"""Used by every step of the rules: one sentence or name in the two languages of the district."""

from __future__ import annotations

from decimal import Decimal
from typing import NamedTuple


class Text(NamedTuple):
    """A name or sentence in Chinese and English."""

    zh: str
    en: str

    def say(self, language: str) -> str:
        """The English wording when English was asked for, the Chinese one otherwise."""
        return self.en if language.lower().startswith("en") else self.zh


NOTHING = Text("", "")


def plain(number: Decimal | int) -> str:
    """A number as people write it: no exponent, no trailing zeros (`2`, `0.5`, `1200`)."""
    if isinstance(number, int):
        return str(number)
    text = format(number, "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return text if text not in ("-0", "") else "0"
