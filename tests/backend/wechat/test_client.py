"""Calls that go out: signing in, phone numbers, messages, checks, page codes."""

from __future__ import annotations

import pytest

from backend.wechat.client import PhoneNumber, WeChat, WeChatIdentity
from points.clock import FixedClock
from points.errors import Refused
from tests.backend.wechat.conftest import OPENID, PAGE, TEMPLATE, Emulator

TOKEN_PATH = "/cgi-bin/stable_token"


def test_a_code_tells_who_signed_in_and_the_session_key_stays_behind(wechat: WeChat, emulator: Emulator) -> None:
    found = wechat.sign_in(emulator.code(OPENID, unionid="oMadeUp-union-1"))
    assert found == WeChatIdentity(OPENID, "oMadeUp-union-1")
    assert not hasattr(found, "session_key")
    assert OPENID not in repr(found)


def test_signing_in_asks_for_no_token_and_works_while_the_token_service_is_down(
    wechat: WeChat, emulator: Emulator
) -> None:
    emulator.order("faults", path=TOKEN_PATH, status=502, times=1000)
    assert wechat.sign_in(emulator.code()).openid == OPENID
    assert emulator.calls(TOKEN_PATH) == 0


def test_a_code_is_good_once(wechat: WeChat, emulator: Emulator) -> None:
    code = emulator.code()
    wechat.sign_in(code)
    with pytest.raises(Refused, match="wechat_code_used"):
        wechat.sign_in(code)


def test_a_code_dies_after_five_minutes(wechat: WeChat, emulator: Emulator, clock: FixedClock) -> None:
    code = emulator.code()
    clock.advance(minutes=5)
    with pytest.raises(Refused, match="wechat_code_invalid"):
        wechat.sign_in(code)


def test_an_invented_code_is_refused(wechat: WeChat) -> None:
    with pytest.raises(Refused, match="wechat_code_invalid"):
        wechat.sign_in("0invented")


@pytest.mark.parametrize("code", ["", " ", "a b", "代码", "x\n", "a" * 257, "\x00"])
def test_what_cannot_be_a_code_never_reaches_wechat(wechat: WeChat, emulator: Emulator, code: str) -> None:
    with pytest.raises(Refused, match="wechat_code_invalid"):
        wechat.sign_in(code)
    assert emulator.calls("/sns/jscode2session") == 0


def test_a_code_with_signs_of_an_address_is_sent_as_it_is(wechat: WeChat, emulator: Emulator) -> None:
    with pytest.raises(Refused, match="wechat_code_invalid"):
        wechat.sign_in("a&secret=b#c?d/../%00")
    assert emulator.calls("/sns/jscode2session") == 1


def test_a_blocked_account_is_told_so(wechat: WeChat, emulator: Emulator) -> None:
    emulator.order("faults", errcode=40226)
    with pytest.raises(Refused, match="wechat_sign_in_denied"):
        wechat.sign_in(emulator.code())


def test_a_phone_number_comes_for_its_own_code_once(wechat: WeChat, emulator: Emulator) -> None:
    code = emulator.order("phone-codes", openid=OPENID, number="13800138000")["code"]
    assert wechat.phone_number(code) == PhoneNumber("86", "13800138000")
    with pytest.raises(Refused, match="wechat_phone_code_invalid"):
        wechat.phone_number(code)


def test_a_login_code_is_no_phone_code(wechat: WeChat, emulator: Emulator) -> None:
    with pytest.raises(Refused, match="wechat_phone_code_invalid"):
        wechat.phone_number(emulator.code())


def test_one_subscription_allows_one_message(wechat: WeChat, emulator: Emulator) -> None:
    emulator.code()
    emulator.order("credits", openid=OPENID, template_id=TEMPLATE)
    fields = {"thing1": "积分到账", "number2": "20"}
    wechat.send_subscribe_message(OPENID, TEMPLATE, fields, page=f"{PAGE}?id=1")
    with pytest.raises(Refused, match="wechat_not_subscribed"):
        wechat.send_subscribe_message(OPENID, TEMPLATE, fields)
    [message] = emulator.read("messages")["items"]
    assert (message["openid"], message["fields"], message["state"]) == (OPENID, fields, "formal")


@pytest.mark.parametrize(
    ("template", "fields", "page"),
    [
        ("unknown-template", {"thing1": "好", "number2": "1"}, None),
        (TEMPLATE, {"thing1": "二十一个字" * 4 + "多", "number2": "1"}, None),
        (TEMPLATE, {"thing1": "好", "number2": "twenty"}, None),
        (TEMPLATE, {"thing1": "line\nbreak", "number2": "1"}, None),
        (TEMPLATE, {"thing1": "", "number2": "1"}, None),
        (TEMPLATE, {"thing1": "好"}, None),
        (TEMPLATE, {"thing1": "好", "number2": "1"}, "pages/nowhere"),
    ],
)
def test_a_message_that_wechat_cannot_show_is_refused_and_costs_no_credit(
    wechat: WeChat, emulator: Emulator, template: str, fields: dict[str, str], page: str | None
) -> None:
    emulator.code()
    emulator.order("credits", openid=OPENID, template_id=TEMPLATE)
    with pytest.raises(Refused, match="wechat_message_invalid"):
        wechat.send_subscribe_message(OPENID, template, fields, page=page)
    assert emulator.read("credits")["items"][0]["count"] == 1


def test_a_message_to_a_stranger_is_refused(wechat: WeChat) -> None:
    with pytest.raises(Refused, match="wechat_person_unknown"):
        wechat.send_subscribe_message("oNobody", TEMPLATE, {"thing1": "好", "number2": "1"})


@pytest.mark.parametrize(("text", "suggest"), [("今天捡了垃圾", "pass"), ("测试违规", "risky"), ("测试存疑", "review")])
def test_a_risky_text_is_told_by_its_verdict_not_by_an_error(
    wechat: WeChat, emulator: Emulator, text: str, suggest: str
) -> None:
    emulator.code()
    assert wechat.check_text(text, openid=OPENID).suggest == suggest


def test_a_check_needs_a_person_seen_within_two_hours(wechat: WeChat, emulator: Emulator, clock: FixedClock) -> None:
    emulator.code()
    clock.advance(hours=2)
    wechat.check_text("好", openid=OPENID)
    clock.advance(seconds=1)
    with pytest.raises(Refused, match="wechat_person_away"):
        wechat.check_text("好", openid=OPENID)
    with pytest.raises(Refused, match="wechat_person_unknown"):
        wechat.check_text("好", openid="oNobody")


def test_a_text_beyond_wechats_length_is_refused_here(wechat: WeChat, emulator: Emulator) -> None:
    emulator.code()
    assert wechat.check_text("字" * 2500, openid=OPENID).suggest == "pass"
    with pytest.raises(Refused, match="wechat_text_too_long"):
        wechat.check_text("字" * 2501, openid=OPENID)


def test_a_picture_check_answers_the_name_of_its_verdict(wechat: WeChat, emulator: Emulator) -> None:
    emulator.code()
    trace_id = wechat.check_media_async("https://photos.example/1.jpg", openid=OPENID)
    [push] = emulator.read("pushes")["items"]
    assert push["event"]["trace_id"] == trace_id
    with pytest.raises(Refused, match="wechat_media_invalid"):
        wechat.check_media_async("file:///etc/passwd", openid=OPENID)


def test_a_page_code_is_a_picture(wechat: WeChat) -> None:
    assert wechat.unlimited_code("shop=12", PAGE).startswith(b"\xff\xd8\xff")


@pytest.mark.parametrize(
    ("scene", "page", "width"),
    [("", PAGE, 430), ("a" * 33, PAGE, 430), ("中文", PAGE, 430), ("a", "/" + PAGE, 430), ("a", PAGE, 279)],
)
def test_a_page_code_outside_wechats_bounds_is_refused_before_the_call(
    wechat: WeChat, emulator: Emulator, scene: str, page: str, width: int
) -> None:
    with pytest.raises(Refused, match="wechat_page_code_invalid"):
        wechat.unlimited_code(scene, page, width=width)
    assert emulator.calls("/wxa/getwxacodeunlimit") == 0


def test_a_page_code_to_a_page_that_is_not_published_is_refused(wechat: WeChat) -> None:
    with pytest.raises(Refused, match="wechat_page_code_invalid"):
        wechat.unlimited_code("a", "pages/nowhere")
