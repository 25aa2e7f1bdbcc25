"""The Lua of the ledger: chapters in `lua/`, bound into one script for each kind of command and one for batches."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

_SHARED = ("purse", "take", "lots", "days", "offers", "ending")
_ENDING = ("purse", "lots", "offers", "ending")
CHAPTERS: dict[str, tuple[str, ...]] = {
    "top_up": ("funds",),
    "settle": ("funds",),
    "earn": ("purse", "lots", "days", "earn"),
    "hold": ("purse", "take", "offers", "hold"),
    "capture": (*_ENDING, "capture"),
    "release": (*_ENDING, "release"),
    "time_out": (*_ENDING, "release"),
    "refund": ("purse", "lots", "days", "refund"),
    "reverse": ("purse", "lots", "reverse"),
    "send_across": ("purse", "take", "lots", "days", "across"),
    "receive_across": ("purse", "take", "lots", "days", "across"),
    "set_offer": ("offers", "desk"),
    "adjust_stock": ("offers", "desk"),
    "set_gate": ("offers", "desk"),
    "expire": ("purse", "lots", "days", "sweep"),
    "open": ("purse", "lots", "days", "sweep"),
}
"""Which chapters each kind of command needs, between the first and the last."""

BATCH = "batch"


@dataclass(frozen=True, slots=True)
class Script:
    text: str
    sha: str


def bind(chapters: tuple[str, ...]) -> Script:
    """One script of the named chapters, between prelude and finish."""
    folder = files("points.ledger") / "lua"
    text = "\n".join((folder / f"{name}.lua").read_text("utf-8") for name in ("prelude", *chapters, "finish"))
    return Script(text, hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest())


@cache
def bind_all() -> dict[str, Script]:
    """A script for each kind of command, and one under `BATCH` that knows them all."""
    scripts = {kind: bind(chapters) for kind, chapters in CHAPTERS.items()}
    used = {chapter for chapters in CHAPTERS.values() for chapter in chapters}
    scripts[BATCH] = bind((*_SHARED, *sorted(used - set(_SHARED))))
    return scripts


def opening() -> Script:
    """The script that opens the ledger for a run of the server."""
    return _alone("open")


def forgetting() -> Script:
    """The script that forgets old ids."""
    return _alone("forget")


def _alone(name: str) -> Script:
    text = (files("points.ledger") / "lua" / f"{name}.lua").read_text("utf-8")
    return Script(text, hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest())
