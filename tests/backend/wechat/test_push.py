"""Pushes that come in: genuine, doubled, reordered, late, forged, empty; each has one effect or none, and no 5xx."""

from __future__ import annotations

import json
import os
import random
import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import pytest
import redis
from flask import Flask
from redis.backoff import NoBackoff
from redis.retry import Retry
from werkzeug.test import TestResponse

from backend.wechat.emulator.pushes import PushTarget, signed_push
from backend.wechat.push import (
    MediaChecked,
    OtherPush,
    PushEvent,
    PushHandlers,
    PushReceiver,
    SubscriptionAnswered,
    SubscriptionChoice,
    make_push_blueprint,
)
from backend.wechat.push.envelope import Envelope
from points.clock import FixedClock

APPID = "wx00000000000test"
TARGET = PushTarget("/wechat/push", "push-token-of-tests", "K" * 42 + "E")
ROUNDS = int(os.environ.get("ROUNDS", "1"))


@dataclass
class Desk:
    """A service that notes what it was told."""

    app: Flask
    clock: FixedClock
    noted: list[PushEvent] = field(default_factory=list)
    fail: Callable[[], None] | None = None

    def take(self, event: PushEvent) -> None:
        if self.fail:
            self.fail()
        self.noted.append(event)

    def deliver(self, event: dict[str, Any], at: datetime | None = None) -> TestResponse:
        """One delivery as WeChat makes it, signed now or at a given time."""
        return self.post(*signed_push(TARGET, APPID, event, at or self.clock.now()))

    def post(self, url: str, body: bytes) -> TestResponse:
        return self.app.test_client().post(url, data=body, content_type="application/json")


@pytest.fixture
def desk(fresh_cache: redis.Redis, clock: FixedClock) -> Desk:
    """A small app with the push blueprint and nothing else."""
    return _desk(fresh_cache, clock)


def _desk(cache: redis.Redis, clock: FixedClock) -> Desk:
    desk = Desk(Flask("desk"), clock)
    envelope = Envelope(appid=APPID, token=TARGET.token, encoding_aes_key=TARGET.encoding_aes_key, clock=clock)
    receiver = PushReceiver(envelope, cache, desk.take)
    desk.app.register_blueprint(make_push_blueprint(lambda: receiver))
    return desk


def media(trace_id: str, suggest: str = "pass", **more: Any) -> dict[str, Any]:
    return {
        "ToUserName": "gh_000000000000",
        "FromUserName": "oMadeUp-1",
        "CreateTime": 1795000000,
        "MsgType": "event",
        "Event": "wxa_media_check",
        "appid": APPID,
        "trace_id": trace_id,
        "version": 2,
        "errcode": 0,
        "errmsg": "ok",
        "result": {"suggest": suggest, "label": 100},
    } | more


def test_wechat_finds_out_whose_address_it_is(desk: Desk) -> None:
    url, _body = signed_push(TARGET, APPID, {}, desk.clock.now())
    answer = desk.app.test_client().get(url + "&echostr=<b>4375</b>")
    assert (answer.status_code, answer.text, answer.mimetype) == (200, "<b>4375</b>", "text/plain")
    wrong = desk.app.test_client().get(url.replace("&nonce=", "&nonce=9") + "&echostr=1")
    assert (wrong.status_code, wrong.text) == (403, "wechat_push_forged")
    desk.clock.advance(minutes=6)
    assert desk.app.test_client().get(url + "&echostr=1").text == "wechat_push_stale"


def test_a_verdict_is_handed_on_and_answered_with_success(desk: Desk) -> None:
    answer = desk.deliver(media("t-1", "risky"))
    assert (answer.status_code, answer.text) == (200, "success")
    [event] = desk.noted
    assert isinstance(event, MediaChecked)
    assert (event.trace_id, event.suggest, event.key) == ("t-1", "risky", "media:t-1")


@pytest.mark.parametrize(
    "odd", [{"errcode": -1008}, {"result": None}, {"result": {"suggest": "fine"}}, {"result": []}, {"errcode": "x"}]
)
def test_a_verdict_that_is_none_goes_to_review(desk: Desk, odd: dict[str, Any]) -> None:
    assert desk.deliver(media("t-1", **odd)).status_code == 200
    [event] = desk.noted
    assert isinstance(event, MediaChecked)
    assert event.suggest == "review"


def test_one_choice_comes_as_an_object_and_several_as_an_array(desk: Desk) -> None:
    choice = {"TemplateId": "a", "SubscribeStatusString": "accept", "PopupScene": "0"}
    base = {"FromUserName": "oMadeUp-1", "CreateTime": "1795000000", "MsgType": "event"}
    desk.deliver(base | {"Event": "subscribe_msg_popup_event", "List": choice})
    refused = {"TemplateId": "b", "SubscribeStatusString": "reject"}
    desk.deliver(base | {"Event": "subscribe_msg_change_event", "List": [choice, refused]})
    first, second = desk.noted
    assert isinstance(first, SubscriptionAnswered)
    assert isinstance(second, SubscriptionAnswered)
    assert first.choices == (SubscriptionChoice("a", accepted=True),)
    assert second.choices == (SubscriptionChoice("a", accepted=True), SubscriptionChoice("b", accepted=False))
    assert (first.lasting, second.lasting) == (False, True)
    assert first.told_at == second.told_at


def test_an_event_nobody_knows_is_answered_all_the_same(desk: Desk) -> None:
    for odd in ({}, {"Event": ["x"]}, {"MsgType": "text", "MsgId": 7}, {"CreateTime": "now"}, {"CreateTime": 10**30}):
        assert desk.deliver(odd).text == "success"
    assert all(isinstance(event, OtherPush) for event in desk.noted)


def test_a_push_told_twice_has_one_effect(desk: Desk) -> None:
    url, body = signed_push(TARGET, APPID, media("t-1"), desk.clock.now())
    assert [desk.post(url, body).text for _ in range(3)] == ["success"] * 3  # the same delivery again
    assert desk.deliver(media("t-1")).text == "success"  # and delivered anew, with another nonce
    assert len(desk.noted) == 1


def test_a_delivery_is_remembered_by_its_nonce_when_the_cache_drops_the_event(
    desk: Desk, fresh_cache: redis.Redis
) -> None:
    url, body = signed_push(TARGET, APPID, media("t-1"), desk.clock.now())
    desk.post(url, body)
    assert fresh_cache.delete(*fresh_cache.keys("wechat:push:event:*")) == 1
    assert desk.post(url, body).text == "success"
    assert len(desk.noted) == 1


def test_messages_are_known_by_their_msgid(desk: Desk) -> None:
    for content in ("first", "edited on the way"):
        desk.deliver({"MsgType": "text", "MsgId": 23456789012345678, "Content": content})
    assert len(desk.noted) == 1


def test_a_push_that_comes_two_days_late_still_counts(desk: Desk) -> None:
    late = media("t-late", CreateTime=int(desk.clock.now().timestamp()) - 48 * 3600)
    assert desk.deliver(late).text == "success"
    assert len(desk.noted) == 1


@pytest.mark.parametrize("minutes", [-6, 6, -48 * 60])
def test_a_push_signed_outside_the_window_is_refused(desk: Desk, minutes: int) -> None:
    url, body = signed_push(TARGET, APPID, media("t-1"), desk.clock.now())
    desk.clock.advance(minutes=-minutes)
    assert desk.post(url, body).text == "wechat_push_stale"
    assert desk.noted == []


def test_a_handler_that_fails_gets_the_push_again(desk: Desk) -> None:
    def broken() -> None:
        raise ValueError("a bug")

    desk.fail = broken
    url, body = signed_push(TARGET, APPID, media("t-1"), desk.clock.now())
    assert desk.post(url, body).status_code == 500
    desk.fail = None
    assert desk.post(url, body).text == "success"
    assert len(desk.noted) == 1


def test_a_push_that_is_being_taken_is_put_off_until_that_is_done(desk: Desk) -> None:
    taking, go_on = threading.Event(), threading.Event()

    def slow() -> None:
        taking.set()
        assert go_on.wait(10)

    desk.fail = slow
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(desk.deliver, media("t-1"))
        assert taking.wait(10)
        assert desk.deliver(media("t-1")).status_code == 409
        go_on.set()
        assert first.result().text == "success"
    assert desk.deliver(media("t-1")).text == "success"
    assert len(desk.noted) == 1


def test_without_its_cache_the_service_asks_wechat_to_come_again(clock: FixedClock) -> None:
    nowhere = redis.Redis(unix_socket_path="/tmp/no-such-socket", retry=Retry(NoBackoff(), 0))
    assert _desk(nowhere, clock).deliver(media("t-1")).status_code == 503
    nowhere.close()


def test_handlers_hear_the_sort_they_asked_for() -> None:
    heard: list[str] = []
    handlers = PushHandlers()
    handlers.on(MediaChecked, lambda event: heard.append(event.trace_id))
    handlers(MediaChecked("media:t", None, "o", "t", "pass", 100))
    handlers(OtherPush("sha:1", None, "o", "debug_demo"))
    assert heard == ["t"]


def test_push_settings_that_cannot_work_are_refused(clock: FixedClock) -> None:
    for token, key in (("", "K" * 43), ("t", ""), ("t", "K" * 42), ("t", "?" * 43)):
        with pytest.raises(ValueError, match="EncodingAESKey"):
            Envelope(appid=APPID, token=token, encoding_aes_key=key, clock=clock)


FORGED: list[bytes] = [
    b"",
    b"{",
    b"[]",
    b"null",
    b'{"Encrypt": 5}',
    b'{"Encrypt": ""}',
    b"<xml></xml>",
    b"\xff\xfe",
    b"[" * 100_000,
]


@pytest.mark.parametrize("body", FORGED, ids=range(len(FORGED)))
def test_a_body_wechat_did_not_sign_is_refused(desk: Desk, body: bytes) -> None:
    url, _body = signed_push(TARGET, APPID, media("t-1"), desk.clock.now())
    for address in (url, "/wechat/push", "/wechat/push?msg_signature=&timestamp=&nonce="):
        assert desk.post(address, body).status_code == 403
    assert desk.noted == []


def test_a_signed_body_that_cannot_be_read_is_refused_without_a_fault(desk: Desk) -> None:
    other_key = PushTarget(TARGET.url, TARGET.token, "Z" * 42 + "E")
    now = desk.clock.now()
    assert desk.post(*signed_push(other_key, APPID, media("t-1"), now)).text == "wechat_push_unreadable"
    assert desk.post(*signed_push(TARGET, "wx-of-another-app", media("t-1"), now)).text == "wechat_push_unreadable"
    assert desk.noted == []


def test_a_huge_body_is_not_read(desk: Desk) -> None:
    assert desk.post("/wechat/push", b"x" * 300_000).status_code == 413


@pytest.mark.timeout(120 * ROUNDS)
def test_a_storm_of_doubled_reordered_late_forged_and_empty_pushes_has_one_effect_each(desk: Desk) -> None:
    """Seeded; each event is delivered one to three times in any order, from four threads, among rubbish."""
    chance = random.Random(13)
    events = [media(f"t-{number}", chance.choice(["pass", "risky"])) for number in range(700 * ROUNDS)]
    deliveries: list[tuple[str, str, bytes]] = []
    for event in events:
        event["CreateTime"] -= chance.choice([0, 48 * 3600])
        url, body = signed_push(TARGET, APPID, event, desk.clock.now())
        for _ in range(chance.choice([1, 2, 3])):
            again = chance.random() < 0.5
            fresh = signed_push(TARGET, APPID, event, desk.clock.now())
            deliveries.append(("genuine", url, body) if again else ("genuine", *fresh))
        deliveries += _rubbish(chance, url, body)
    chance.shuffle(deliveries)
    with ThreadPoolExecutor(4) as pool:
        statuses = list(pool.map(lambda delivery: desk.post(*delivery[1:]).status_code, deliveries))
    told = Counter(zip((sort for sort, *_ in deliveries), statuses, strict=True))
    assert {status for sort, status in told if sort == "rubbish"} == {403}
    assert {status for sort, status in told if sort == "genuine"} <= {200, 409}
    effects = Counter(event.key for event in desk.noted)
    assert effects == Counter(f"media:{event['trace_id']}" for event in events)
    print(f"{len(deliveries)} deliveries of {len(events)} events: {dict(told)}")


def _rubbish(chance: random.Random, url: str, body: bytes) -> list[tuple[str, str, bytes]]:
    """Empty, cut, or with a signature of something else."""
    spoiled = json.dumps({"Encrypt": json.loads(body)["Encrypt"][:-8] + "AAAAAAA="}).encode()
    kinds = [(url, b""), (url, body[:-5]), (url, spoiled), (url.replace("msg_signature=", "x="), body)]
    return [("rubbish", *chance.choice(kinds))]
