"""wechatpy's client with its sharp edges covered: bounded, retried once at most, and silent about the secret."""

from __future__ import annotations

import json
import random
import time
from typing import Any, Final

import redis
import requests
import urllib3
from requests.adapters import BaseAdapter
from wechatpy.client import WeChatClient
from wechatpy.exceptions import WeChatClientException

from backend.wechat.answers import TokenAnswer, checked
from backend.wechat.failures import STALE_TOKEN, CallFailed, answered, unreadable
from backend.wechat.mini_program import MiniProgramApi
from backend.wechat.token import TokenGrant, TokenKeeper
from backend.wechat.transport import API_ORIGIN, Limits, WireSession
from points.clock import Clock

_PAUSE_SECONDS: Final = (0.1, 0.4)  # before the one repetition, so that a fleet does not come back in step


class GuardedClient(WeChatClient):  # type: ignore[misc]  # ships no types
    """One per process, safe for its threads. Every call ends in an answer or in CallFailed."""

    wxa = MiniProgramApi()
    _http: requests.Session

    def __init__(
        self, appid: str, secret: str, *, cache: redis.Redis, clock: Clock, transport: BaseAdapter, limits: Limits
    ) -> None:
        super().__init__(appid, secret, timeout=limits.read_seconds, auto_retry=False)
        self._http.close()
        self._http = WireSession(transport, limits)
        self._tokens = TokenKeeper(appid, cache, clock, self._ask_for_token)

    @property
    def access_token(self) -> str | None:
        """The fleet's token. wechatpy looks at every attribute before `__init__` ran; None then."""
        if "_tokens" not in self.__dict__:
            return None
        return self._tokens.current()

    def fetch_access_token(self) -> dict[str, Any]:
        """wechatpy's own way to a token, led to the shared one; the raw call has no time-out and tells the secret."""
        return {"access_token": self._tokens.current()}

    def close(self) -> None:
        """Let go of the connections."""
        self._http.close()

    def _ask_for_token(self, force: bool) -> TokenGrant:
        asked = {"grant_type": "client_credential", "appid": self.appid, "secret": self.secret, "force_refresh": force}
        answer = self.post(
            f"{API_ORIGIN}cgi-bin/stable_token", params={"access_token": None}, data=asked, repeatable=not force
        )
        fields = checked(TokenAnswer(), answer)
        return TokenGrant(fields["access_token"], fields["expires_in"])

    def _request(self, method: str, url_or_endpoint: str, **call: Any) -> Any:
        """One call, and one repetition when WeChat refused the token, or was busy and the call is repeatable."""
        repeatable = bool(call.pop("repeatable", False))
        with_token = "access_token" not in call.get("params", {})
        token = self.access_token if with_token else None
        answer = self._attempt(method, url_or_endpoint, token, call)
        if not isinstance(answer, CallFailed):
            return answer
        if token is not None and answer.errcode in STALE_TOKEN:
            token = self._tokens.renewed(token)
        elif repeatable and answer.passing:
            time.sleep(random.SystemRandom().uniform(*_PAUSE_SECONDS))
        else:
            raise answer
        answer = self._attempt(method, url_or_endpoint, token, call)
        if isinstance(answer, CallFailed):
            raise answer
        return answer

    def _attempt(self, method: str, url: str, token: str | None, call: dict[str, Any]) -> Any:
        """The answer, or the failure as a value: raising it later keeps it free of the error that holds the secret."""
        call = call | {"params": call.get("params", {}) | {"access_token": token}}
        try:
            return super()._request(method, url, **call)
        except CallFailed as failure:
            return failure
        except WeChatClientException as error:
            return CallFailed(None, "status") if error.errcode is None else answered(error.errcode, error.errmsg)
        except (requests.Timeout, urllib3.exceptions.TimeoutError):
            return CallFailed(None, "timeout")
        except (requests.RequestException, urllib3.exceptions.HTTPError) as error:
            return CallFailed(None, "unreachable" if isinstance(error, requests.ConnectionError) else "unreadable")

    def _decode_result(self, res: requests.Response) -> Any:
        """The JSON object whatever its Content-Type says, or the response itself when it is a picture or rubbish."""
        try:
            answer = json.loads(res.content)
        except (ValueError, RecursionError):
            return res
        if not isinstance(answer, dict) or type(answer.get("errcode", 0)) is not int or "base_resp" in answer:
            raise unreadable()
        return answer
