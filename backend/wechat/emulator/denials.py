"""How the emulator says no: HTTP 200 with a number, a text and the name of the request."""

from __future__ import annotations

import secrets
from typing import Any, Final

TEXTS: Final = {
    -1: "system error",
    40001: "invalid credential, access_token is invalid or not latest",
    40002: "invalid grant_type",
    40003: "invalid openid",
    40004: "invalid media type",
    40013: "invalid appid",
    40014: "invalid access_token",
    40029: "invalid code",
    40037: "invalid template_id",
    40097: "invalid args",
    40125: "invalid appsecret",
    40163: "code been used",
    40164: "invalid ip, not in whitelist",
    40169: "invalid length for scene, or the data is not json string",
    40226: "code blocked",
    41001: "access_token missing",
    41002: "appid missing",
    41004: "appsecret missing",
    41008: "missing code",
    41030: "invalid page",
    42001: "access_token expired",
    43001: "require GET method",
    43002: "require POST method",
    43101: "user refuse to accept the msg",
    43104: "appid not match openid",
    43108: "concurrent sending to one user",
    44002: "empty post data",
    44991: "reach max api minute frequence limit",
    45002: "content size out of limit",
    45009: "reach max api daily quota limit",
    45011: "api minute-quota reach limit, please retry next minute",
    47001: "data format error",
    47003: "argument invalid!",
    48001: "api unauthorized",
    61010: "code is expired",
    87020: "media_url cannot be fetched",
}


class Denied(Exception):  # noqa: N818 - an answer of the wire contract
    """An answer with an errcode."""

    def __init__(self, errcode: int, detail: str = "") -> None:
        super().__init__(str(errcode))
        self.errcode = errcode
        self.detail = detail

    def body(self) -> dict[str, Any]:
        """`errcode` and `errmsg` as WeChat writes them."""
        text = f"{TEXTS.get(self.errcode, 'error')}{' ' + self.detail if self.detail else ''}"
        rid = "-".join(secrets.token_hex(4) for _ in range(3))
        return {"errcode": self.errcode, "errmsg": f"{text}, rid: {rid}"}
