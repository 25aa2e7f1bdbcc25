"""Refusals: expected answers of 'no', each with a stable code and a sentence in two languages.

A refusal is declared once, as a `Kind`, beside the code that gives it. What is not declared here is a fault: it is not
caught, it is logged, and it answers 500.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Category(StrEnum):
    """What sort of 'no' it is; the HTTP layer maps each to one status."""

    MALFORMED = "malformed"  # cannot be read at all
    INVALID = "invalid"  # can be read, but is not allowed
    UNAUTHENTICATED = "unauthenticated"
    FORBIDDEN = "forbidden"
    NOT_FOUND = "not_found"  # also: someone else's
    CONFLICT = "conflict"  # the state of things does not allow it now
    GONE = "gone"  # was there, its time is over
    TOO_LARGE = "too_large"
    UNSUPPORTED = "unsupported"
    TOO_MANY = "too_many"
    UNAVAILABLE = "unavailable"  # a part of the service is down; try again


@dataclass(frozen=True, slots=True)
class Kind:
    """One sort of refusal. `zh` and `en` may hold `{name}` fields filled from the refusal's details."""

    code: str
    category: Category
    zh: str
    en: str
    retry: bool = False
    """Whether the same request may succeed later."""
    words: Mapping[str, Mapping[str, str]] = field(default_factory=dict, compare=False)
    """For a detail that is a code: its Chinese word. `{"period": {"day": "每日"}}`."""
    wait_seconds: int = 1
    """How long it is wise to wait before trying again."""

    def __call__(self, **details: object) -> Refused:
        return Refused(self, details)


class Refused(Exception):  # noqa: N818 - a refusal is an answer, not an error
    """A refusal on its way to whoever asked."""

    def __init__(self, kind: Kind, details: dict[str, object]) -> None:
        super().__init__(kind.code)
        self.kind = kind
        self.details = details

    def __reduce__(self) -> tuple[object, ...]:
        """From one process to another by its code, so that it is of the very kind that is declared there."""
        return _again, (self.kind.code, self.details)

    @property
    def code(self) -> str:
        return self.kind.code

    def sentence(self, language: str = "zh-CN") -> str:
        """The sentence for a person, in Chinese unless English was asked for."""
        if language.lower().startswith("en"):
            return self.kind.en.format_map(_Blank(self.details))
        said = {name: self.kind.words.get(name, {}).get(str(value), value) for name, value in self.details.items()}
        return self.kind.zh.format_map(_Blank(said))


def _again(code: str, details: dict[str, object]) -> Refused:
    return KINDS[code](**details)


class _Blank(dict[str, object]):
    def __missing__(self, key: str) -> str:
        return "…"


KINDS: dict[str, Kind] = {}


def kind(
    code: str,
    category: Category,
    *,
    zh: str,
    en: str,
    retry: bool = False,
    words: Mapping[str, Mapping[str, str]] | None = None,
    wait_seconds: int = 1,
) -> Kind:
    """Declare a refusal; a code can be declared once in the whole program."""
    if code in KINDS:
        raise ValueError(f"refusal {code} is declared twice")
    KINDS[code] = Kind(code, category, zh, en, retry, words or {}, wait_seconds)
    return KINDS[code]
