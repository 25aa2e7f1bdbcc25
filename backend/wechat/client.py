"""What the service asks of WeChat: who holds a code, a phone number, a message, a check, a page's code."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final, Literal

import redis
from requests.adapters import BaseAdapter

from backend.settings import WeChat as WeChatSettings
from backend.wechat import refusals
from backend.wechat.account import account_of
from backend.wechat.failures import CallFailed
from backend.wechat.guarded import GuardedClient
from backend.wechat.transport import Limits, direct_transport
from points.clock import Clock
from points.errors import Kind

MOST_TEXT: Final = 2500
_CODE: Final = re.compile(r"[!-~]{1,256}")
_SCENE: Final = re.compile(r"[0-9A-Za-z!#$&'()*+,/:;=?@\-._~]{1,32}")

Release = Literal["release", "trial", "develop"]
Language = Literal["zh_CN", "en_US", "zh_HK", "zh_TW"]
_STATES: Final[dict[Release, str]] = {"release": "formal", "trial": "trial", "develop": "developer"}


@dataclass(frozen=True, slots=True)
class WeChatIdentity:
    """Who signed in: the person's id in this app, and across the operator's apps where WeChat gives one."""

    openid: str = field(repr=False)
    unionid: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class PhoneNumber:
    """A phone number WeChat has verified: digits only, country code apart."""

    country_code: str
    number: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class TextVerdict:
    """What WeChat suggests to do with a text, and its label for why (100 is normal)."""

    suggest: Literal["pass", "review", "risky"]
    label: int


class WeChat:
    """The service's link to WeChat; one per process, safe for its threads.

    `cache` is the cache server's Redis client; it keeps the fleet's access token. `transport` is `direct_transport()`
    unless given: a RewritingTransport leads to an emulator. Every method raises Refused, and `wechat_unavailable`
    (try again), `wechat_limited` (try again later) or `wechat_misconfigured` whatever else it may refuse.
    """

    def __init__(
        self,
        *,
        appid: str,
        secret: str,
        cache: redis.Redis,
        clock: Clock,
        transport: BaseAdapter | None = None,
        limits: Limits | None = None,
    ) -> None:
        if not appid or not secret:
            raise ValueError("WeChat needs an appid and its secret")
        self.appid = appid
        self._client = GuardedClient(
            appid,
            secret,
            cache=cache,
            clock=clock,
            transport=transport or direct_transport(),
            limits=limits or Limits(),
        )

    @classmethod
    def from_settings(cls, settings: WeChatSettings, *, cache: redis.Redis, clock: Clock) -> WeChat:
        """The link for the account the settings name; refuses `wechat_misconfigured` when they name none."""
        account = account_of(settings)
        return cls(appid=account.appid, secret=account.secret, cache=cache, clock=clock, transport=account.transport())

    def close(self) -> None:
        """Let go of the connections."""
        self._client.close()

    def sign_in(self, code: str) -> WeChatIdentity:
        """Who holds a code of `wx.login`; works while the token service is down.

        Refuses `wechat_code_invalid`, `wechat_code_used`, `wechat_sign_in_denied`. A code is spent by the first try.
        """
        if not _CODE.fullmatch(code):
            raise refusals.CODE_INVALID()
        with _told("sign_in", refusals.ON_SIGN_IN):
            found = self._client.wxa.code_to_session(code)
        return WeChatIdentity(found["openid"], found["unionid"])

    def phone_number(self, code: str, openid: str | None = None) -> PhoneNumber:
        """The number behind a phone code, which is not the code of signing in; refuses `wechat_phone_code_invalid`."""
        if not _CODE.fullmatch(code):
            raise refusals.PHONE_CODE_INVALID()
        with _told("phone_number", refusals.ON_PHONE):
            found = self._client.wxa.get_phone_number(code, openid)["phone_info"]
            if found["watermark"]["appid"] != self.appid:
                raise CallFailed(None, "unreadable")
        return PhoneNumber(found["country_code"], found["pure_number"])

    def send_subscribe_message(
        self,
        openid: str,
        template_id: str,
        data: Mapping[str, str],
        *,
        page: str | None = None,
        release: Release = "release",
        language: Language = "zh_CN",
    ) -> None:
        """Send one message, using up one subscription of the person.

        Refuses `wechat_not_subscribed` (normal: they said no, or once was all), `wechat_message_invalid`,
        `wechat_person_unknown`. After `wechat_unavailable` the message may or may not have been sent; sending again
        is the caller's decision, and is never made here.
        """
        with _told("send_subscribe_message", refusals.ON_MESSAGE):
            self._client.wxa.send_subscribe_message(
                openid, template_id, data, page=page, state=_STATES[release], lang=language
            )

    def check_text(self, text: str, *, openid: str, scene: int = 2) -> TextVerdict:
        """What WeChat thinks of a text: scene 1 profile, 2 comment, 3 forum, 4 social log.

        Refuses `wechat_text_too_long`, `wechat_person_away` (not in the app for two hours), `wechat_person_unknown`.
        """
        if len(text) > MOST_TEXT:
            raise refusals.TEXT_TOO_LONG(most=MOST_TEXT)
        with _told("check_text", refusals.ON_CHECK):
            result = self._client.wxa.check_text(text, openid=openid, scene=scene)["result"]
        return TextVerdict(result["suggest"], result["label"])

    def check_media_async(self, media_url: str, *, openid: str, scene: int = 2) -> str:
        """Ask for a check of a picture (10 MB at most); the verdict comes by push within 30 min under this trace id.

        Refuses `wechat_media_invalid`, `wechat_person_away`, `wechat_person_unknown`.
        """
        with _told("check_media_async", refusals.ON_CHECK):
            trace_id: str = self._client.wxa.check_media_async(media_url, openid=openid, scene=scene)["trace_id"]
        return trace_id

    def unlimited_code(
        self, scene: str, page: str, *, release: Release = "release", width: int = 430, check_path: bool = True
    ) -> bytes:
        """The picture (JPEG or PNG) of a code that opens `page` with `scene`; refuses `wechat_page_code_invalid`."""
        if not _SCENE.fullmatch(scene) or not 280 <= width <= 1280 or page.startswith("/"):
            raise refusals.PAGE_CODE_INVALID()
        with _told("unlimited_code", refusals.ON_PAGE_CODE):
            picture: bytes = self._client.wxa.get_wxa_code_unlimited(
                scene, page=page, check_path=check_path, env_version=release, width=width
            )
        return picture


@contextmanager
def _told(call: str, meanings: dict[int, Kind]) -> Iterator[None]:
    """Turn a failed call into its refusal."""
    try:
        yield
    except CallFailed as failure:
        refusal = refusals.refused(failure, call, meanings)
        raise refusal from failure
