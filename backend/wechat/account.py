"""Which WeChat app this service is: the one of its settings, or a made-up one while the emulator stands in."""

from __future__ import annotations

from dataclasses import dataclass, field

from requests.adapters import BaseAdapter

from backend.settings import WeChat as WeChatSettings
from backend.wechat.refusals import MISCONFIGURED
from backend.wechat.transport import RewritingTransport, direct_transport


@dataclass(frozen=True, slots=True)
class Account:
    """The app's id and secrets; `emulator_url` only while no real app is configured."""

    appid: str
    secret: str = field(repr=False)
    push_token: str = field(repr=False)
    push_aes_key: str = field(repr=False)
    emulator_url: str = ""

    def transport(self) -> BaseAdapter:
        """The way to this account's WeChat."""
        return RewritingTransport(self.emulator_url) if self.emulator_url else direct_transport()


def account_of(settings: WeChatSettings) -> Account:
    """The account the settings name. A real app wins over an emulator; refuses `wechat_misconfigured` without either.

    Beside an emulator, what is not set is made up: it opens nothing but that emulator.
    """
    if settings.app_id:
        return Account(settings.app_id, settings.secret, settings.push_token, settings.push_aes_key)
    if not settings.emulator_url:
        raise MISCONFIGURED()
    return Account(
        appid="wx00000000emulator",
        secret=settings.secret or "secret-of-the-emulated-app",
        push_token=settings.push_token or "token-of-the-emulated-app",
        push_aes_key=settings.push_aes_key or "E" * 43,
        emulator_url=settings.emulator_url,
    )
