"""All the emulator knows: one app, its people, codes, tokens, messages, checks, pushes and faults."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from backend.wechat.emulator.checks import Checks
from backend.wechat.emulator.codes import Codes
from backend.wechat.emulator.faults import Faults
from backend.wechat.emulator.pushes import Pushes, PushTarget, Send
from backend.wechat.emulator.subscriptions import Subscriptions
from backend.wechat.emulator.tokens import Tokens
from points.clock import Clock


@dataclass(frozen=True, slots=True)
class EmulatedApp:
    """The mini-program the emulator stands for. `templates` maps a template id to its field names (`thing1`)."""

    appid: str
    secret: str = field(repr=False)
    templates: Mapping[str, Sequence[str]] = field(default_factory=dict)
    pages: frozenset[str] = frozenset({"pages/index/index"})
    original_id: str = "gh_000000000000"
    media_check_seconds: float = 1.0
    """How long a picture's check takes."""


class World:
    """The state, in memory, and the one lock around all of it but the pushes, which have their own."""

    def __init__(
        self, app: EmulatedApp, clock: Clock, push: PushTarget | None, send: Send | None, timers: bool
    ) -> None:
        self.app = app
        self.clock = clock
        self.lock = threading.RLock()
        self.faults = Faults()
        self.tokens = Tokens(clock)
        self.login_codes = Codes(clock, "0")
        self.phone_codes = Codes(clock, "p")
        self.checks = Checks(clock)
        self.subscriptions = Subscriptions(clock, app.templates, app.pages)
        self.pushes = Pushes(clock, app.appid, push, send, timers)
