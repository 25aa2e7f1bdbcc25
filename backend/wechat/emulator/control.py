"""The emulator's own switches under `/_emulator/`: play a person's thumb, read what was sent, order trouble."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from flask import Blueprint, request
from marshmallow import Schema, ValidationError, fields, validate

from backend.wechat.emulator.checks import LABELS
from backend.wechat.emulator.codes import CODE_LIFE
from backend.wechat.emulator.pushes import PushMode
from backend.wechat.emulator.world import World

_openid = validate.Regexp(r"[0-9A-Za-z_\-]{1,64}\Z")
_TEMPLATE = validate.Length(1, 64)


class LoginSchema(Schema):
    openid = fields.Str(required=True, validate=_openid)
    unionid = fields.Str(validate=_openid)


class PhoneSchema(Schema):
    openid = fields.Str(required=True, validate=_openid)
    number = fields.Str(required=True, validate=validate.Regexp(r"[0-9]{4,15}\Z"))
    country = fields.Str(load_default="86", validate=validate.Regexp(r"[0-9]{1,4}\Z"))


class VisitSchema(Schema):
    openid = fields.Str(required=True, validate=_openid)


class CreditSchema(Schema):
    openid = fields.Str(required=True, validate=_openid)
    template_id = fields.Str(required=True, validate=_TEMPLATE)
    count = fields.Int(load_default=1, strict=True, validate=validate.Range(0, 100))


class TemplateSchema(Schema):
    template_id = fields.Str(required=True, validate=_TEMPLATE)
    fields_ = fields.List(fields.Str(), required=True, data_key="fields", validate=validate.Length(1, 10))


class FaultSchema(Schema):
    path = fields.Str(load_default="*")
    times = fields.Int(load_default=1, strict=True, validate=validate.Range(1, 100_000))
    errcode = fields.Int(strict=True)
    status = fields.Int(strict=True, validate=validate.Range(300, 599))
    seconds = fields.Float(validate=validate.Range(0, 60))
    cut = fields.Bool()
    text = fields.Bool()
    executed = fields.Bool()


class RevokeSchema(Schema):
    sticky = fields.Bool(load_default=False)


class VerdictSchema(Schema):
    suggest = fields.Str(required=True, validate=validate.OneOf(sorted(LABELS)))


class PushModeSchema(Schema):
    copies = fields.Int(load_default=1, strict=True, validate=validate.Range(1, 10))
    late_seconds = fields.Float(load_default=0.0, validate=validate.Range(0, 30 * 86_400))
    reverse = fields.Bool(load_default=False)


def make_control(world: World) -> Blueprint:
    """A blueprint of the switches over one world; a body that cannot be read answers 400 and says why."""
    control = Blueprint("control", __name__, url_prefix="/_emulator")
    _add_switches(control, world)
    _add_readings(control, world)
    control.register_error_handler(ValidationError, lambda error: ({"errors": error.messages}, 400))
    control.register_error_handler(ValueError, lambda error: ({"errors": str(error)}, 400))
    return control


def _add_switches(control: Blueprint, world: World) -> None:
    def switch(path: str, schema: Schema, work: Callable[[World, dict[str, Any]], dict[str, Any]]) -> None:
        def view() -> dict[str, Any]:
            asked = dict(schema.load(request.get_json(force=True, silent=True) or {}))
            with world.lock:
                return work(world, asked)

        control.add_url_rule(path, path, view, methods=["POST"])

    switch("/codes", LoginSchema(), _login_code)
    switch("/phone-codes", PhoneSchema(), _phone_code)
    switch("/visits", VisitSchema(), _visit)
    switch("/credits", CreditSchema(), _credit)
    switch("/templates", TemplateSchema(), _template)
    switch("/faults", FaultSchema(), _fault)
    switch("/tokens/revoke", RevokeSchema(), _revoke)
    switch("/media-verdicts", VerdictSchema(), _verdict)
    switch("/pushes/mode", PushModeSchema(), _push_mode)


def _add_readings(control: Blueprint, world: World) -> None:
    @control.get("/calls")
    def calls() -> dict[str, int]:
        with world.lock:
            return dict(world.faults.calls)

    @control.get("/messages")
    def messages() -> dict[str, Any]:
        with world.lock:
            return {"items": [asdict(message) for message in world.subscriptions.sent]}

    @control.get("/credits")
    def credits_held() -> dict[str, Any]:
        with world.lock:
            held = sorted(world.subscriptions.credits.items())
        return {"items": [{"openid": who, "template_id": what, "count": count} for (who, what), count in held]}

    @control.get("/pushes")
    def pushes() -> dict[str, Any]:
        return {"items": [asdict(push) for push in list(world.pushes.queue)]}

    @control.post("/pushes/deliver")
    def deliver() -> dict[str, int]:
        return {"delivered": world.pushes.deliver_due()}

    @control.delete("/faults")
    def clear() -> dict[str, Any]:
        with world.lock:
            world.faults.clear()
        return {}


def _login_code(world: World, asked: dict[str, Any]) -> dict[str, Any]:
    person = world.checks.visit(asked["openid"], asked.get("unionid"))
    union = {"unionid": person.unionid} if person.unionid else {}
    code = world.login_codes.make(person.openid, **union)
    return {"code": code.text, "expires_in": int(CODE_LIFE.total_seconds())}


def _phone_code(world: World, asked: dict[str, Any]) -> dict[str, Any]:
    world.checks.visit(asked["openid"])
    code = world.phone_codes.make(asked["openid"], number=asked["number"], country=asked["country"])
    return {"code": code.text, "expires_in": int(CODE_LIFE.total_seconds())}


def _visit(world: World, asked: dict[str, Any]) -> dict[str, Any]:
    return {"openid": world.checks.visit(asked["openid"]).openid}


def _credit(world: World, asked: dict[str, Any]) -> dict[str, Any]:
    """The person answers the question whether they want this message; a count of 0 says no, and for good."""
    openid, template_id, count = asked["openid"], asked["template_id"], asked["count"]
    if count:
        held = world.subscriptions.accept(openid, template_id, count)
    else:
        world.subscriptions.refuse(openid, template_id)
        held = 0
    answer = {
        "TemplateId": template_id,
        "SubscribeStatusString": "accept" if count else "reject",
        "PopupScene": "0",
    }
    event = {
        "ToUserName": world.app.original_id,
        "FromUserName": openid,
        "CreateTime": str(int(world.clock.now().timestamp())),
        "MsgType": "event",
        "Event": "subscribe_msg_popup_event",
        "List": answer,
    }
    world.pushes.plan(event)
    return {"count": held}


def _template(world: World, asked: dict[str, Any]) -> dict[str, Any]:
    world.subscriptions.learn(asked["template_id"], asked["fields_"])
    return {"template_id": asked["template_id"]}


def _fault(world: World, asked: dict[str, Any]) -> dict[str, Any]:
    return asdict(world.faults.plan(asked))


def _revoke(world: World, asked: dict[str, Any]) -> dict[str, Any]:
    world.tokens.revoke(asked["sticky"])
    return {}


def _verdict(world: World, asked: dict[str, Any]) -> dict[str, Any]:
    world.checks.next_verdicts.append(asked["suggest"])
    return {"waiting": len(world.checks.next_verdicts)}


def _push_mode(world: World, asked: dict[str, Any]) -> dict[str, Any]:
    world.pushes.mode = PushMode(**asked)
    return asdict(world.pushes.mode)
