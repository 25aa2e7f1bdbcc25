"""The Lua of the ledger: chapters in `lua/`, bound into one script for each kind of command and one for batches."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

_SHARED = ("marks", "waits", "purse", "take", "lots", "crowd", "days", "offers", "limits", "ending")
_ENDING = ("marks", "purse", "lots", "offers", "ending")
_GRANT = ("marks", "waits", "purse", "lots", "crowd", "days")
CHAPTERS: dict[str, tuple[str, ...]] = {
    "top_up": ("funds",),
    "settle": ("funds",),
    "earn": (*_GRANT, "earn"),
    "hold": ("purse", "take", "limits", "hold"),
    "capture": (*_ENDING, "capture"),
    "release": (*_ENDING, "release"),
    "time_out": (*_ENDING, "release"),
    "refund": ("marks", "purse", "lots", "days", "refund"),
    "reverse": ("marks", "waits", "purse", "lots", "reverse"),
    "send_across": (*_GRANT, "take", "across"),
    "receive_across": (*_GRANT, "take", "across"),
    "set_offer": ("offers", "desk"),
    "adjust_stock": ("offers", "desk"),
    "set_gate": ("offers", "desk"),
    "expire": (*_GRANT, "sweep"),
    "open": (*_GRANT, "sweep"),
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
