"""Which WeChat app the service is."""

from __future__ import annotations

import pytest
import redis

from backend.settings import WeChat as WeChatSettings
from backend.wechat.account import account_of
from backend.wechat.client import WeChat
from backend.wechat.emulator import EmulatedApp, PushTarget, create_emulator
from backend.wechat.emulator.pushes import signed_push
from backend.wechat.push import PushEvent, PushReceiver
from backend.wechat.push.receiver import Outcome
from backend.wechat.transport import RewritingTransport
from points.clock import FixedClock
from points.errors import Refused

NOTHING = WeChatSettings(app_id="", secret="", emulator_url="", push_token="", push_aes_key="")
EMULATED = WeChatSettings(app_id="", secret="", emulator_url="http://127.0.0.1:8001", push_token="", push_aes_key="")
REAL = WeChatSettings(
    app_id="wx-real", secret="s", emulator_url="http://127.0.0.1:8001", push_token="", push_aes_key=""
)


def test_without_an_app_or_an_emulator_the_link_says_so(fresh_cache: redis.Redis, clock: FixedClock) -> None:
    with pytest.raises(Refused, match="wechat_misconfigured"):
        WeChat.from_settings(NOTHING, cache=fresh_cache, clock=clock)


def test_a_real_app_never_talks_to_an_emulator() -> None:
    account = account_of(REAL)
    assert account.appid == "wx-real"
    assert not isinstance(account.transport(), RewritingTransport)


def test_a_real_app_without_push_settings_takes_no_pushes(fresh_cache: redis.Redis, clock: FixedClock) -> None:
    with pytest.raises(Refused, match="wechat_misconfigured"):
        PushReceiver.from_settings(REAL, cache=fresh_cache, clock=clock, hand_on=lambda _event: None)


def test_the_made_up_app_fits_the_emulator_on_both_ways(fresh_cache: redis.Redis, clock: FixedClock) -> None:
    account = account_of(EMULATED)
    assert isinstance(account.transport(), RewritingTransport)
    create_emulator(EmulatedApp(account.appid, account.secret), clock)
    heard: list[PushEvent] = []
    receiver = PushReceiver.from_settings(EMULATED, cache=fresh_cache, clock=clock, hand_on=heard.append)
    target = PushTarget("", account.push_token, account.push_aes_key)
    url, body = signed_push(target, account.appid, {"Event": "debug_demo"}, clock.now())
    query = dict(part.split("=", 1) for part in url.removeprefix("?").split("&"))
    assert receiver.receive(query, body) is Outcome.TAKEN
    assert len(heard) == 1


def test_an_accounts_secrets_are_not_printed() -> None:
    account = account_of(EMULATED)
    for secret in (account.secret, account.push_token, account.push_aes_key):
        assert secret not in repr(account)
