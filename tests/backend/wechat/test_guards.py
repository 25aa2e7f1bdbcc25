"""What must hold when WeChat is slow, busy, broken or has revoked the token; and that the secret shows nowhere."""

from __future__ import annotations

import contextlib
import itertools
import json
import logging
import os
import socket
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
import redis
import requests
from redis.backoff import NoBackoff
from redis.retry import Retry
from wechatpy.client import WeChatClient

from backend.wechat.client import WeChat
from backend.wechat.guarded import GuardedClient
from backend.wechat.transport import Limits, RewritingTransport, WireSession, direct_transport
from points.clock import FixedClock
from points.errors import Refused
from tests.backend.wechat.conftest import APPID, LATE, OPENID, PATIENT, SECRET, SHORT, TEMPLATE, Emulator, limits_for
from tests.waiting import until

TOKEN_PATH = "/cgi-bin/stable_token"
TEXT_PATH = "/wxa/msg_sec_check"
SEND_PATH = "/cgi-bin/message/subscribe/send"
CANARY_CODE = "canary-code-77aa"
ROUNDS = int(os.environ.get("ROUNDS", "1"))


def test_sixteen_cold_workers_fetch_one_token(worker: Callable[..., WeChat], emulator: Emulator) -> None:
    emulator.code()
    links = [worker() for _ in range(16)]
    with ThreadPoolExecutor(16) as pool:
        verdicts = list(pool.map(lambda link: link.check_text("好", openid=OPENID).suggest, links))
    assert verdicts == ["pass"] * 16
    assert emulator.calls(TOKEN_PATH) == 1


def test_sixteen_workers_with_a_revoked_token_fetch_one_more(worker: Callable[..., WeChat], emulator: Emulator) -> None:
    emulator.code()
    links = [worker() for _ in range(16)]
    links[0].check_text("好", openid=OPENID)
    emulator.order("tokens/revoke")
    with ThreadPoolExecutor(16) as pool:
        assert len(list(pool.map(lambda link: link.check_text("好", openid=OPENID), links))) == 16
    assert emulator.calls(TOKEN_PATH) == 2


def test_a_token_wechat_refuses_but_still_hands_out_is_renewed_by_force_once(
    wechat: WeChat, emulator: Emulator
) -> None:
    emulator.code()
    wechat.check_text("好", openid=OPENID)
    emulator.order("tokens/revoke", sticky=True)
    wechat.check_text("好", openid=OPENID)
    assert emulator.calls(TOKEN_PATH) == 3  # the first, the same one again, the forced one


def test_forced_renewals_keep_wechats_distance(wechat: WeChat, emulator: Emulator, clock: FixedClock) -> None:
    emulator.code()
    wechat.check_text("好", openid=OPENID)
    for _ in range(2):
        emulator.order("tokens/revoke", sticky=True)
        clock.advance(seconds=1)
        outcome = _code_of(lambda: wechat.check_text("好", openid=OPENID))
    assert outcome == "wechat_unavailable"
    assert emulator.calls(TOKEN_PATH) == 4  # the second force was never asked for


def test_a_token_is_renewed_before_it_ends(wechat: WeChat, emulator: Emulator, clock: FixedClock) -> None:
    emulator.code()
    for _ in range(30):
        emulator.order("visits", openid=OPENID)
        wechat.check_text("好", openid=OPENID)
        clock.advance(minutes=10)
    assert emulator.calls(TOKEN_PATH) == 3  # five hours of tokens that live two
    assert emulator.calls(TEXT_PATH) == 30  # none of them was refused


@pytest.mark.parametrize("errcode", [40001, 40014, 42001])
def test_a_token_refused_without_end_is_tried_twice_and_no_more(
    wechat: WeChat, emulator: Emulator, errcode: int
) -> None:
    emulator.code()
    emulator.order("faults", path=TEXT_PATH, errcode=errcode, times=1000)
    assert _code_of(lambda: wechat.check_text("好", openid=OPENID)) in {"wechat_unavailable", "wechat_misconfigured"}
    assert emulator.calls(TEXT_PATH) == 2


def test_a_busy_wechat_is_asked_once_more_for_what_may_be_repeated(wechat: WeChat, emulator: Emulator) -> None:
    emulator.code()
    emulator.order("faults", path=TEXT_PATH, errcode=-1)
    emulator.order("faults", path=TOKEN_PATH, errcode=-1)
    assert wechat.check_text("好", openid=OPENID).suggest == "pass"
    emulator.order("faults", path=TEXT_PATH, errcode=-1, times=2)
    assert _code_of(lambda: wechat.check_text("好", openid=OPENID)) == "wechat_unavailable"


def test_a_busy_wechat_never_gets_a_single_use_code_twice(wechat: WeChat, emulator: Emulator) -> None:
    code = emulator.code()
    phone = emulator.order("phone-codes", openid=OPENID, number="13800138000")["code"]
    emulator.order("faults", path="/sns/jscode2session", errcode=-1)
    emulator.order("faults", path="/wxa/business/getuserphonenumber", errcode=-1)
    assert _code_of(lambda: wechat.sign_in(code)) == "wechat_unavailable"
    assert _code_of(lambda: wechat.phone_number(phone)) == "wechat_unavailable"
    assert emulator.calls("/sns/jscode2session") == emulator.calls("/wxa/business/getuserphonenumber") == 1


@pytest.mark.parametrize("trouble", [{"errcode": -1}, {"status": 502}, {"cut": True}, LATE])
def test_a_message_whose_answer_was_lost_is_not_sent_twice(
    worker: Callable[..., WeChat], emulator: Emulator, trouble: dict[str, object]
) -> None:
    emulator.code()
    emulator.order("credits", openid=OPENID, template_id=TEMPLATE, count=5)
    worker().check_text("好", openid=OPENID)
    link = worker(limits_for(trouble))
    emulator.order("faults", path=SEND_PATH, executed=True, **trouble)
    refusal = _code_of(lambda: _send(link))
    assert refusal == "wechat_unavailable"
    assert emulator.calls(SEND_PATH) == 1
    until(lambda: len(emulator.read("messages")["items"]) == 1)


@pytest.mark.parametrize(
    ("trouble", "refusal"),
    [
        ({"errcode": 45009}, "wechat_limited"),
        ({"errcode": 45011}, "wechat_limited"),
        ({"errcode": 40164}, "wechat_misconfigured"),
        ({"errcode": 40125}, "wechat_misconfigured"),
        ({"errcode": 99999}, "wechat_unavailable"),
        ({"status": 500}, "wechat_unavailable"),
        ({"status": 302}, "wechat_unavailable"),
        ({"cut": True}, "wechat_unavailable"),
        (LATE, "wechat_unavailable"),
        ({"text": True}, None),
    ],
)
@pytest.mark.parametrize("path", [TOKEN_PATH, TEXT_PATH])
def test_each_sort_of_trouble_has_its_refusal(
    worker: Callable[..., WeChat], emulator: Emulator, path: str, trouble: dict[str, object], refusal: str | None
) -> None:
    emulator.code()
    if path != TOKEN_PATH:
        worker().check_text("好", openid=OPENID)  # who waits shortly finds a token
    link = worker(limits_for(trouble))
    emulator.order("faults", path=path, times=2, **trouble)
    assert _code_of(lambda: link.check_text("好", openid=OPENID)) == refusal


@pytest.mark.timeout(120 * ROUNDS)
def test_rounds_of_mixed_trouble_send_no_message_twice_and_fetch_one_token_for_the_fleet(
    worker: Callable[..., WeChat], emulator: Emulator, fresh_cache: redis.Redis
) -> None:
    """Each round: four workers, one message each, a token that is missing, revoked or good, and one call in trouble."""
    emulator.code()
    links = {limits: [worker(limits) for _ in range(4)] for limits in (PATIENT, SHORT)}
    rounds, answered = 40 * ROUNDS, set()
    for number, token, trouble in zip(range(rounds), _tokens(), _troubles(), strict=False):
        emulator.order("credits", openid=OPENID, template_id=TEMPLATE, count=4)
        if token == "missing":
            fresh_cache.delete(f"wechat:{APPID}:token")
        if token == "revoked":
            emulator.order("tokens/revoke")
        before = emulator.calls(TOKEN_PATH)
        emulator.order("faults", path=SEND_PATH, **trouble)
        texts = [f"{number}轮{at}号" for at in range(4)]
        with ThreadPoolExecutor(4) as pool:
            fleet = links[limits_for(trouble)]
            told = list(pool.map(lambda link, text: _code_of(lambda: _send(link, text)), fleet, texts))
        answered |= {text for text, refusal in zip(texts, told, strict=True) if refusal is None}
        assert told.count(None) >= 3, f"round {number}: only the call in trouble may fail"
        assert emulator.calls(TOKEN_PATH) - before == (0 if number and token == "good" else 1), f"round {number}"
    sent = [message["fields"]["thing1"] for message in emulator.read("messages")["items"]]
    assert len(sent) == len(set(sent))
    assert answered <= set(sent)
    print(f"{rounds} rounds, {len(sent)} messages, {len(answered)} of them answered")


@pytest.mark.parametrize("trouble", [{"errcode": 45009}, {"errcode": 40164}, {"cut": True}, {"status": 502}])
def test_a_token_service_in_trouble_is_not_asked_by_the_whole_fleet(
    worker: Callable[..., WeChat], emulator: Emulator, monkeypatch: pytest.MonkeyPatch, trouble: dict[str, object]
) -> None:
    monkeypatch.setattr("backend.wechat.token._FAILED_MS", 60_000)  # however late the last of them comes
    emulator.code()
    links = [worker() for _ in range(8)]
    emulator.order("faults", path=TOKEN_PATH, times=1000, **trouble)
    with ThreadPoolExecutor(8) as pool:
        told = list(pool.map(lambda link: _code_of(lambda: link.check_text("好", openid=OPENID)), links))
    assert None not in told
    assert len(set(told)) == 1
    assert emulator.calls(TOKEN_PATH) == 1


def test_as_a_control_wechatpy_by_itself_fetches_a_token_for_each_worker_and_each_sign_in(emulator: Emulator) -> None:
    for _ in range(3):
        client = WeChatClient(APPID, SECRET)
        client._http.mount("https://api.weixin.qq.com/", RewritingTransport(emulator.url))
        assert client.wxa.code_to_session(emulator.code())["openid"] == OPENID
        client._http.close()
    assert emulator.calls("/cgi-bin/token") == 3


def test_a_flood_is_cut_off_and_a_picture_that_is_none_is_refused(
    worker: Callable[..., WeChat],
) -> None:
    link = worker(limits=Limits(answer_bytes=500))
    assert _code_of(lambda: link.unlimited_code("a", "pages/rewards/index")) == "wechat_unavailable"


def test_an_answer_that_drips_meets_the_deadline(fresh_cache: redis.Redis, clock: FixedClock) -> None:
    """Each byte comes in time for the pause between two pieces, so that only the limit in all can end it."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        drops: list[int] = []
        dripping = threading.Thread(target=_drip, args=(server, drops))
        dripping.start()
        link = WeChat(
            appid=APPID,
            secret=SECRET,
            cache=fresh_cache,
            clock=clock,
            transport=RewritingTransport(f"http://127.0.0.1:{server.getsockname()[1]}"),
            limits=Limits(read_seconds=5, total_seconds=0.3),
        )
        assert _code_of(lambda: link.sign_in("code")) == "wechat_unavailable"
        link.close()
        dripping.join()
    assert len(drops) < 1000, "the link waited for the last drop"


@pytest.mark.parametrize("answer", ["[]", '"x"', "null", '{"errcode": "0"}', '{"openid": 7}', '{"openid": "a b"}', "["])
def test_an_answer_of_another_shape_is_refused(answer: str, fresh_cache: redis.Redis, clock: FixedClock) -> None:
    link = WeChat(appid=APPID, secret=SECRET, cache=fresh_cache, clock=clock, transport=_Canned(answer.encode()))
    assert _code_of(lambda: link.sign_in("code")) == "wechat_unavailable"
    link.close()


def test_a_phone_number_given_for_another_app_is_refused(fresh_cache: redis.Redis, clock: FixedClock) -> None:
    info = {"purePhoneNumber": "13800138000", "countryCode": "86", "watermark": {"appid": "wx-of-another-app"}}
    answer = {"access_token": "t", "expires_in": 7200, "phone_info": info}
    canned = _Canned(json.dumps(answer).encode())
    link = WeChat(appid=APPID, secret=SECRET, cache=fresh_cache, clock=clock, transport=canned)
    assert _code_of(lambda: link.phone_number("code")) == "wechat_unavailable"
    info["watermark"] = {"appid": APPID}
    canned.body = json.dumps(answer).encode()
    assert link.phone_number("code").number == "13800138000"
    link.close()


def test_a_redirect_is_not_followed(fresh_cache: redis.Redis, clock: FixedClock) -> None:
    elsewhere = _Canned(b"", 302, "https://api.weixin.qq.com/elsewhere")
    link = WeChat(appid=APPID, secret=SECRET, cache=fresh_cache, clock=clock, transport=elsewhere)
    assert _code_of(lambda: link.sign_in("code")) == "wechat_unavailable"
    assert elsewhere.sent == 1
    link.close()


def test_the_link_reaches_no_other_host_and_reads_no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    with WireSession(direct_transport(), SHORT) as session:
        assert not session.trust_env
        for url in ("http://api.weixin.qq.com/", "https://api.weixin.qq.com.example/", "http://169.254.169.254/"):
            with pytest.raises(requests.exceptions.InvalidSchema):
                session.get(url)


def test_an_emulators_address_is_an_origin() -> None:
    for wrong in ("", "ftp://127.0.0.1", "http://", "http://127.0.0.1/path"):
        with pytest.raises(ValueError, match="origin"):
            RewritingTransport(wrong)


def test_a_link_without_a_secret_is_not_made(fresh_cache: redis.Redis, clock: FixedClock) -> None:
    with pytest.raises(ValueError, match="secret"):
        WeChat(appid=APPID, secret="", cache=fresh_cache, clock=clock)


def test_signing_in_needs_no_cache_and_other_calls_say_that_it_is_away(
    worker: Callable[..., WeChat], emulator: Emulator
) -> None:
    nowhere = redis.Redis(unix_socket_path="/tmp/no-such-socket", retry=Retry(NoBackoff(), 0))
    link = worker(cache=nowhere)
    assert link.sign_in(emulator.code()).openid == OPENID
    assert _code_of(lambda: link.check_text("好", openid=OPENID)) == "wechat_unavailable"
    nowhere.close()


@pytest.mark.parametrize("trouble", [{"status": 502}, {"cut": True}, LATE, {"errcode": 40125}])
def test_the_secret_is_in_no_error_and_no_log(
    worker: Callable[..., WeChat], emulator: Emulator, caplog: pytest.LogCaptureFixture, trouble: dict[str, object]
) -> None:
    caplog.set_level(logging.DEBUG)
    wechat = worker(limits_for(trouble))
    for path in ("/sns/jscode2session", TOKEN_PATH):
        emulator.order("faults", path=path, **trouble)
    for call in (lambda: wechat.sign_in(CANARY_CODE), lambda: wechat.check_text("好", openid=OPENID)):
        with pytest.raises(Refused) as caught:
            call()
        assert SECRET not in _everything_told(caught.value)
        assert CANARY_CODE not in _everything_told(caught.value)
    assert caplog.records, "the wire's debug lines are on"
    assert SECRET not in caplog.text
    assert CANARY_CODE not in caplog.text


def test_an_unreachable_wechat_is_told_without_its_address(fresh_cache: redis.Redis, clock: FixedClock) -> None:
    link = WeChat(
        appid=APPID,
        secret=SECRET,
        cache=fresh_cache,
        clock=clock,
        transport=RewritingTransport("http://127.0.0.1:9"),
        limits=SHORT,
    )
    with pytest.raises(Refused, match="wechat_unavailable") as caught:
        link.sign_in(CANARY_CODE)
    assert CANARY_CODE not in _everything_told(caught.value)
    link.close()


def test_wechatpy_may_look_at_the_token_before_the_client_is_ready(wechat: WeChat) -> None:
    assert GuardedClient.__new__(GuardedClient).access_token is None


class _Canned(requests.adapters.BaseAdapter):
    """Answers the same bytes to everything."""

    def __init__(self, body: bytes, status: int = 200, location: str = "") -> None:
        super().__init__()
        self.body, self._status, self._location = body, status, location
        self.sent = 0

    def send(self, request: requests.PreparedRequest, *_args: object, **_options: object) -> requests.Response:
        from io import BytesIO

        from urllib3 import HTTPResponse

        response = requests.Response()
        response.status_code, response.request, response.url = self._status, request, request.url or ""
        if self._location:
            response.headers["Location"] = self._location
        self.sent += 1
        response.raw = HTTPResponse(BytesIO(self.body), preload_content=False)
        return response

    def close(self) -> None:
        """Holds nothing."""


def _drip(server: socket.socket, drops: list[int]) -> None:
    """One answer, a byte every 10 ms for up to 10 s, or until the other side has had enough."""
    connection, _address = server.accept()
    with connection, contextlib.suppress(OSError):
        connection.recv(65_536)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
        for number in range(1000):
            connection.sendall(b" ")
            drops.append(number)
            time.sleep(0.01)


def _send(link: WeChat, text: str = "积分到账") -> None:
    link.send_subscribe_message(OPENID, TEMPLATE, {"thing1": text, "number2": "20"})


def _code_of(call: Callable[[], object]) -> str | None:
    try:
        call()
    except Refused as refusal:
        return refusal.code
    return None


def _tokens() -> Iterator[str]:
    return itertools.cycle(["missing", "good", "revoked", "good", "good"])


def _troubles() -> Iterator[dict[str, object]]:
    before = [{"errcode": code} for code in (-1, 45009, 45011, 40164)] + [{"status": 502}]
    after = [{"executed": True, **how} for how in ({"errcode": -1}, {"cut": True}, {"status": 502}, {"text": True})]
    return itertools.cycle([*before, *after, {"seconds": 0.05}, LATE])


def _everything_told(error: BaseException | None) -> str:
    """The error, its text and its causes, as any log could show them."""
    told = "".join(traceback.format_exception(error)) if error else ""
    while error is not None:
        told += f"{error!r} {error.args!r} {vars(error)!r}"
        error = error.__cause__ or error.__context__
    return told
