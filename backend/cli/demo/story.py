"""What all chapters of the story share: the service, the memory, the cast, and the voice that tells it."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any
from zoneinfo import ZoneInfo

import pyotp
import requests
from rich.console import Console

from backend.cli.demo.asker import Answer, Asker, StoryBroke
from backend.cli.demo.memory import Memory

RESIDENTS = {"赵小满": "370112001", "钱立夏": "370112002", "孙白露": "370112007", "李秋分": "370112010"}
"""All made up: named after solar terms."""


@dataclass
class Story:
    """The state of one telling. Chapters are functions of it, and can be repeated: every step has its own key."""

    api: str
    emulator: str
    district: str
    zone: ZoneInfo
    """The district's time."""
    memory: Memory
    console: Console
    invite: Callable[[str, list[str]], str]
    """Invites the first member of staff from the command line; answers the one-time token."""
    in_service: Callable[[], AbstractContextManager[Any]]
    """The application's context, for what is done on the command line and not over HTTP."""
    residents: dict[str, Asker] = field(default_factory=dict)
    resident_ids: dict[str, str] = field(default_factory=dict)
    staff: dict[str, Asker] = field(default_factory=dict)
    clerks: dict[str, Asker] = field(default_factory=dict)
    facts: dict[str, Any] = field(default_factory=dict)
    """What later chapters need of earlier ones: ids by name."""
    refusals: list[tuple[str, str]] = field(default_factory=list)
    """What was refused, in Chinese, and by which code, in the order of the telling."""

    def chapter(self, number: int, zh: str, en: str) -> None:
        self.console.print(f"\n[bold]{number}. {zh}[/bold]  [dim]{en}[/dim]")

    def tell(self, zh: str, en: str) -> None:
        self.console.print(f"   {zh}")
        self.console.print(f"   [dim]{en}[/dim]")

    def refusal(self, what: str, answer: Answer) -> None:
        """Keep a refusal for the table at the end."""
        self.refusals.append((what, answer.code))

    def anyone(self) -> Asker:
        return Asker(self.api)

    def sign_in_resident(self, name: str) -> Asker:
        """A resident comes by a WeChat code, as wx.login would give one."""
        with requests.Session() as wechat:
            wechat.trust_env = False
            openid = f"o-demo-{list(RESIDENTS).index(name)}"
            code = wechat.post(f"{self.emulator}/_emulator/codes", json={"openid": openid}, timeout=10).json()["code"]
        answer = self.anyone().post("/session", {"code": code})
        asker = Asker(self.api, answer["token"])
        self.residents[name], self.resident_ids[name] = asker, answer["resident"]["id"]
        return asker

    def sign_in_staff(self, name: str, setup_token: Callable[[], str]) -> Asker:
        """A member sets a password with the one-time token (once), then signs in with it and a one-time code."""
        password = self.memory.once(f"password:{name}", lambda: pyotp.random_base32() + "-demo")
        if not self.memory.knows(f"otp:{name}"):
            token = setup_token()
            enrolled = self.anyone().put("/staff/password", {"setup_token": token, "password": password})
            self.memory.once(f"otp:{name}", lambda: enrolled["otp_secret"])
        secret = self.memory.once(f"otp:{name}", str)
        self.staff[name] = Asker(self.api, self._staff_token(name, password, secret))
        return self.staff[name]

    def _staff_token(self, name: str, password: str, secret: str) -> str:
        """One code is good for one sign-in, so a second telling within half a minute uses the next one."""
        for ahead in (0, 1):
            otp = pyotp.TOTP(secret).at(int(time.time()) + 30 * ahead)
            body = {"name": name, "password": password, "otp": otp}
            answer = self.anyone()._send("/staff/session", body, None, {})
            if answer.status < 400:
                return str(answer["token"])
        raise StoryBroke(f"{name} cannot sign in: {answer.body}")
