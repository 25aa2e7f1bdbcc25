"""The endpoints of WeChat's server side: read the request, answer HTTP 200 with fields or an errcode."""

from __future__ import annotations

import base64
import json
import secrets
import time
from collections.abc import Callable
from typing import Any

from flask import Blueprint, Response, request

from backend.wechat.emulator.denials import Denied
from backend.wechat.emulator.faults import JSON
from backend.wechat.emulator.page_codes import page_code
from backend.wechat.emulator.world import World

Answer = dict[str, Any] | bytes
OK = {"errcode": 0, "errmsg": "ok"}


def make_wire(world: World) -> Blueprint:
    """A blueprint of all endpoints over one world."""
    wire = Blueprint("wire", __name__)

    def endpoint(method: str, path: str, work: Callable[[World], Answer]) -> None:
        def view() -> Response:
            return _answer(world, method, path, work)

        wire.add_url_rule(path, path, view, methods=["GET", "POST"])

    endpoint("POST", "/cgi-bin/stable_token", _stable_token)
    endpoint("GET", "/cgi-bin/token", _old_token)
    endpoint("GET", "/sns/jscode2session", _code_to_session)
    endpoint("POST", "/wxa/business/getuserphonenumber", _phone_number)
    endpoint("POST", "/wxa/getwxacodeunlimit", _page_code)
    endpoint("POST", "/cgi-bin/message/subscribe/send", _send_message)
    endpoint("POST", "/wxa/msg_sec_check", _check_text)
    endpoint("POST", "/wxa/media_check_async", _check_media)
    return wire


def _answer(world: World, method: str, path: str, work: Callable[[World], Answer]) -> Response:
    """One call: trouble first if there is some, else the work under the lock."""
    with world.lock:
        fault = world.faults.take(path)
    if fault and fault.seconds:
        time.sleep(fault.seconds)
    if fault and fault.instead:
        return fault.spoil(Response())
    body: Answer
    try:
        _check_method(method)
        with world.lock:
            body = work(world)
    except Denied as denied:
        body = denied.body()
    if isinstance(body, bytes):
        response = Response(body, mimetype="image/jpeg")
    else:
        response = Response(json.dumps(body, ensure_ascii=False), content_type=JSON)
    return fault.spoil(response) if fault else response


def _check_method(method: str) -> None:
    if request.method != method:
        raise Denied(43002 if method == "POST" else 43001)


def _body() -> dict[str, Any]:
    raw = request.get_data()
    if not raw:
        raise Denied(44002)
    try:
        asked = json.loads(raw)
    except (ValueError, RecursionError):
        asked = None
    if not isinstance(asked, dict):
        raise Denied(47001)
    return asked


def _check_app(world: World, appid: object, secret: object) -> None:
    if not appid or not secret:
        raise Denied(41004 if appid else 41002)
    if appid != world.app.appid:
        raise Denied(40013)
    if secret != world.app.secret:
        raise Denied(40125)


def _with_token(world: World) -> dict[str, Any]:
    world.tokens.check(request.args.get("access_token"))
    return _body()


def _stable_token(world: World) -> Answer:
    asked = _body()
    if asked.get("grant_type") != "client_credential":
        raise Denied(40002)
    _check_app(world, asked.get("appid"), asked.get("secret"))
    token, seconds = world.tokens.stable(force=asked.get("force_refresh") is True)
    return {"access_token": token, "expires_in": seconds}


def _old_token(world: World) -> Answer:
    """The older way to a token, from a pool of its own: each call makes the one before it end soon."""
    if request.args.get("grant_type") != "client_credential":
        raise Denied(40002)
    _check_app(world, request.args.get("appid"), request.args.get("secret"))
    return {"access_token": world.tokens.issue(), "expires_in": 7200}


def _code_to_session(world: World) -> Answer:
    asked = request.args
    _check_app(world, asked.get("appid"), asked.get("secret"))
    if asked.get("grant_type") != "authorization_code":
        raise Denied(40002)
    if not asked.get("js_code"):
        raise Denied(41008)
    code = world.login_codes.spend(asked["js_code"], used_errcode=40163)
    session_key = base64.b64encode(secrets.token_bytes(16)).decode()
    return {"openid": code.openid, "session_key": session_key} | code.fields


def _phone_number(world: World) -> Answer:
    code = world.phone_codes.spend(_with_token(world).get("code"), used_errcode=40029)
    number, country = code.fields["number"], code.fields["country"]
    watermark = {"timestamp": int(world.clock.now().timestamp()), "appid": world.app.appid}
    shown = number if country == "86" else f"+{country} {number}"
    info = {"phoneNumber": shown, "purePhoneNumber": number, "countryCode": country, "watermark": watermark}
    return OK | {"phone_info": info}


def _page_code(world: World) -> Answer:
    return page_code(_with_token(world), world.app.pages)


def _send_message(world: World) -> Answer:
    asked = _with_token(world)
    world.subscriptions.send(asked, known=str(asked.get("touser")) in world.checks.people)
    return OK


def _check_text(world: World) -> Answer:
    return OK | world.checks.text(_with_token(world))


def _check_media(world: World) -> Answer:
    trace_id, event = world.checks.media(_with_token(world), world.app.appid, world.app.original_id)
    world.pushes.plan(event, after_seconds=world.app.media_check_seconds)
    return OK | {"trace_id": trace_id}
