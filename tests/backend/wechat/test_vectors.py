"""Published signature and crypto examples, each through the code the service runs."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from wechatpy.crypto import PrpCrypto

from backend.wechat.emulator.pushes import PushTarget, signed_push
from backend.wechat.open_data import opened
from backend.wechat.push.envelope import Envelope
from backend.wechat.signatures import (
    is_push_signature,
    login_signature,
    push_signature,
    raw_data_signature,
)
from points.clock import FixedClock
from points.errors import Refused

VECTORS = json.loads((Path(__file__).parent / "vectors.json").read_text(encoding="utf-8"))["vectors"]
UNUSED = {"api_gcm_request", "api_gcm_response", "api_rsa_pss_request", "api_rsa_pss_response"}
"""WeChat's optional sealing of API calls; the service does not switch it on."""


def _envelope(asked: dict[str, Any], at: int, appid: str = "wxba5fad812f8e6fb9") -> Envelope:
    key = asked.get("encoding_aes_key", "A" * 43)
    clock = FixedClock(datetime.fromtimestamp(at, UTC))
    return Envelope(appid=asked.get("appid", appid), token=asked["token"], encoding_aes_key=key, clock=clock)


def _verify_get(asked: dict[str, Any], expected: dict[str, Any]) -> None:
    query = asked["query"]
    assert _envelope(asked, int(query["timestamp"])).echo(query) == expected["http_body"]


def _secure_post(asked: dict[str, Any], expected: dict[str, Any]) -> None:
    query, body = asked["query"], json.dumps(asked["body"]).encode()
    assert _envelope(asked, int(query["timestamp"])).open(query, body).message == json.loads(expected["plaintext"])
    with pytest.raises(Refused, match="wechat_push_forged"):
        _envelope(asked, int(query["timestamp"])).open(query | {"msg_signature": query["signature"]}, body)


def _secure_reply(asked: dict[str, Any], expected: dict[str, Any]) -> None:
    """The reply form is the push form the other way round: what WeChat would read, our envelope reads."""
    timestamp, nonce = str(asked["timestamp"]), asked["nonce"]
    assert push_signature(asked["token"], timestamp, nonce, expected["Encrypt"]) == expected["MsgSignature"]
    query = {"timestamp": timestamp, "nonce": nonce, "msg_signature": expected["MsgSignature"]}
    envelope = _envelope(asked, asked["timestamp"])
    opened_ = envelope.open(query, json.dumps({"Encrypt": expected["Encrypt"]}).encode())
    assert opened_.message == json.loads(asked["plaintext"])


def _raw_data(asked: dict[str, Any], expected: dict[str, Any]) -> None:
    assert raw_data_signature(asked["rawData"], asked["session_key"]) == expected["signature"]


def _open_data(asked: dict[str, Any], expected: dict[str, Any]) -> None:
    found = opened(asked["encryptedData"], iv=asked["iv"], session_key=asked["session_key"], appid=asked["appid"])
    assert found == expected


def _login(asked: dict[str, Any], expected: dict[str, Any]) -> None:
    assert login_signature(asked["post_data"], asked["session_key"]) == expected["signature"]


def _url(asked: dict[str, Any], expected: dict[str, Any]) -> None:
    assert is_push_signature(expected["signature"], asked["token"], asked["timestamp"], asked["nonce"])


def _wecom(asked: dict[str, Any], expected: dict[str, Any]) -> None:
    """The same cipher and signature under WeCom, whose texts are no JSON: checked below the envelope."""
    encrypted = asked.get("Encrypt") or asked["echostr"]
    assert is_push_signature(asked["msg_signature"], asked["token"], asked["timestamp"], asked["nonce"], encrypted)
    cipher = PrpCrypto(base64.b64decode(asked["encoding_aes_key"] + "="))
    assert cipher.decrypt(encrypted, expected["receive_id"]) == expected["plaintext"]


CHECKS: dict[str, Callable[[dict[str, Any], dict[str, Any]], None]] = {
    "push_url_verify_get": _verify_get,
    "push_secure_post_json": _secure_post,
    "push_secure_reply_json": _secure_reply,
    "rawdata_signature": _raw_data,
    "encrypted_userinfo": _open_data,
    "login_state_hmac": _login,
    "url_signature_wechatpy": _url,
    "echostr_encrypted_wecom": _wecom,
    "aes_decrypt_wecom": _wecom,
    "encrypted_phone_synthetic": _open_data,
}


def test_every_published_example_is_checked_or_named_as_unused() -> None:
    assert {vector["id"] for vector in VECTORS} == CHECKS.keys() | UNUSED


@pytest.mark.parametrize("vector", [v for v in VECTORS if v["id"] in CHECKS], ids=lambda v: str(v["id"]))
def test_a_published_example_comes_out_as_published(vector: dict[str, Any]) -> None:
    CHECKS[vector["id"]](vector["input"], vector["expected"])


def test_open_data_under_a_session_key_that_changed_asks_for_a_new_sign_in() -> None:
    asked = next(v for v in VECTORS if v["id"] == "encrypted_userinfo")["input"]
    wrong = [{"session_key": base64.b64encode(bytes([at] * 16)).decode()} for at in range(20)]
    wrong += [{"session_key": "?"}, {"session_key": ""}, {"iv": ""}, {"iv": "AA=="}, {"encryptedData": ""}]
    wrong += [{"encryptedData": "AAAA"}, {"appid": "wx-of-another-app"}]
    for change in wrong:
        given = asked | change
        with pytest.raises(Refused, match="wechat_open_data_stale"):
            opened(given["encryptedData"], iv=given["iv"], session_key=given["session_key"], appid=given["appid"])


def test_an_empty_part_never_makes_a_good_signature() -> None:
    assert not is_push_signature(push_signature("", "", ""), "", "", "")
    assert not is_push_signature("", "token", "1", "2")
    assert is_push_signature(push_signature("token", "1", "2"), "token", "1", "2")
    assert not is_push_signature("签名", "token", "1", "2")


def test_the_emulators_pushes_are_read_by_the_envelope() -> None:
    at = datetime(2026, 11, 20, 4, 0, tzinfo=UTC)
    target = PushTarget("http://service.example/wechat/push", "token", "E" * 43)
    url, body = signed_push(target, "wxapp", {"Event": "志愿", "FromUserName": "o1"}, at)
    query = dict(part.split("=", 1) for part in url.partition("?")[2].split("&"))
    envelope = Envelope(appid="wxapp", token="token", encoding_aes_key="E" * 43, clock=FixedClock(at))
    assert envelope.open(query, body).message == {"Event": "志愿", "FromUserName": "o1"}
