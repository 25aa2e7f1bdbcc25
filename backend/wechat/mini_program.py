"""The mini-program's endpoints as wechatpy lays them out, corrected and completed to the wire contract of 2026."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import requests
from wechatpy.client.api import WeChatWxa

from backend.wechat.answers import MediaCheckAnswer, PhoneAnswer, PlainAnswer, SignInAnswer, TextCheckAnswer, checked
from backend.wechat.failures import unreadable

_NO_TOKEN: Final = None  # given as `access_token`, it keeps wechatpy from fetching one and is left out of the address
_IMAGE_STARTS: Final = (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n")


class MiniProgramApi(WeChatWxa):  # type: ignore[misc]  # ships no types
    """Each method is one call and answers checked fields; all raise CallFailed.

    `repeatable` marks calls that may be made twice without harm. Calls that use up a code, or send something, are not.
    """

    def code_to_session(self, js_code: str) -> dict[str, Any]:
        """`openid` and `unionid` of whoever holds the code. The session key is left out here and goes no further."""
        query = {"appid": self.appid, "secret": self.secret, "js_code": js_code, "grant_type": "authorization_code"}
        return checked(SignInAnswer(), self._get("sns/jscode2session", params=query | {"access_token": _NO_TOKEN}))

    def get_phone_number(self, code: str, openid: str | None = None) -> dict[str, Any]:
        """`phone_info` for a phone code, which is not the code of signing in."""
        asked = {"code": code} | ({"openid": openid} if openid else {})
        return checked(PhoneAnswer(), self._post("wxa/business/getuserphonenumber", data=asked))

    def get_wxa_code_unlimited(self, scene: str, *, page: str, check_path: bool, env_version: str, width: int) -> bytes:
        """The picture of a mini-program code, JPEG or PNG."""
        asked = {"scene": scene, "page": page, "check_path": check_path, "env_version": env_version, "width": width}
        answer = self._post("wxa/getwxacodeunlimit", data=asked, repeatable=True)
        if not isinstance(answer, requests.Response) or not answer.content.startswith(_IMAGE_STARTS):
            raise unreadable()
        return answer.content

    def send_subscribe_message(
        self,
        user_id: str,
        template_id: str,
        data: Mapping[str, str],
        *,
        page: str | None,
        state: str,
        lang: str,
    ) -> None:
        """One message to one person; not repeatable, as a lost answer may hide a message that was sent."""
        asked: dict[str, Any] = {
            "touser": user_id,
            "template_id": template_id,
            "miniprogram_state": state,
            "lang": lang,
        }
        asked["data"] = {name: {"value": value} for name, value in data.items()}
        if page:
            asked["page"] = page
        checked(PlainAnswer(), self._post("cgi-bin/message/subscribe/send", data=asked))

    def check_text(self, content: str, *, openid: str, scene: int) -> dict[str, Any]:
        """`result` with `suggest` and `label`; WeChat answers errcode 0 for risky texts too."""
        asked = {"content": content, "version": 2, "scene": scene, "openid": openid}
        return checked(TextCheckAnswer(), self._post("wxa/msg_sec_check", data=asked, repeatable=True))

    def check_media_async(self, media_url: str, *, openid: str, scene: int) -> dict[str, Any]:
        """`trace_id` of a picture's check; its result comes by push."""
        asked = {"media_url": media_url, "media_type": 2, "version": 2, "scene": scene, "openid": openid}
        return checked(MediaCheckAnswer(), self._post("wxa/media_check_async", data=asked))
