"""How a call leaves for WeChat and its answer comes in: one host, no redirect, bounded in time and size."""

from __future__ import annotations

import io
import logging
import re
import time
from dataclasses import dataclass
from http.cookiejar import DefaultCookiePolicy
from typing import Any, Final
from urllib.parse import urlsplit

import requests
import urllib3
from requests.adapters import BaseAdapter, HTTPAdapter

from backend.wechat.failures import CallFailed

API_ORIGIN: Final = "https://api.weixin.qq.com/"

_SECRET_FIELDS = re.compile(r"((?:secret|access_token|js_code)=)[^&\s\"']+")


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of one call: seconds to connect, between two pieces of the answer, and in all; bytes of the answer."""

    connect_seconds: float = 3.0
    read_seconds: float = 5.0
    total_seconds: float = 8.0
    answer_bytes: int = 2 * 1024 * 1024


class WireSession(requests.Session):
    """A session that can reach WeChat only.

    Takes nothing from the environment (proxies, .netrc), keeps no cookie, follows no redirect; any other host has no
    adapter and is refused. Raises CallFailed for an answer that is too large or too slow.
    """

    def __init__(self, transport: BaseAdapter, limits: Limits) -> None:
        super().__init__()
        self.trust_env = False
        self.cookies.set_policy(DefaultCookiePolicy(allowed_domains=()))
        self.adapters.clear()
        self.mount(API_ORIGIN, transport)
        self._limits = limits
        hide_secrets_in_wire_logs()

    def request(self, method: str, url: str, **options: Any) -> requests.Response:  # type: ignore[override]  # takes less than requests' own
        """As requests does, but within the limits; the body has been read when this returns."""
        limits = self._limits
        until = time.monotonic() + limits.total_seconds
        options.update(stream=True, allow_redirects=False, timeout=(limits.connect_seconds, limits.read_seconds))
        response = super().request(method, url, **options)
        with response:
            body = _read(response.raw, limits.answer_bytes, until)
        response.raw = io.BytesIO(body)
        return response


def _read(raw: urllib3.HTTPResponse, most: int, until: float) -> bytes:
    """The whole body piece by piece, so that a slow drip meets the deadline and a flood meets the limit."""
    body = bytearray()
    while piece := raw.read1(65_536, decode_content=True):
        body += piece
        if len(body) > most:
            raise CallFailed(None, "too_large")
        if time.monotonic() > until:
            raise CallFailed(None, "timeout")
    return bytes(body)


class RewritingTransport(HTTPAdapter):
    """Carries calls meant for WeChat's host to another one, an emulator, leaving the rest of the product unchanged."""

    def __init__(self, base_url: str) -> None:
        parts = urlsplit(base_url)
        if parts.scheme not in {"http", "https"} or not parts.hostname or parts.path not in {"", "/"}:
            raise ValueError("the emulator's address is an origin such as http://127.0.0.1:8001")
        self._base = f"{parts.scheme}://{parts.netloc}/"
        super().__init__(pool_maxsize=32)

    def send(self, request: requests.PreparedRequest, *args: Any, **options: Any) -> requests.Response:
        """Send to the other host."""
        request.url = self._base + (request.url or "").removeprefix(API_ORIGIN)
        return super().send(request, *args, **options)


def direct_transport() -> BaseAdapter:
    """The way to the real WeChat: TLS, no retry of its own."""
    return HTTPAdapter(pool_connections=1, pool_maxsize=32, max_retries=0)


class _HideSecrets(logging.Filter):
    def filter(self, record: logging.LogRecord) -> bool:
        record.msg = _SECRET_FIELDS.sub(r"\1…", record.getMessage())
        record.args = ()
        return True


def hide_secrets_in_wire_logs() -> None:
    """Take secrets out of urllib3's debug lines, which show each address with its query; once a process."""
    log = logging.getLogger("urllib3.connectionpool")
    if not any(isinstance(held, _HideSecrets) for held in log.filters):
        log.addFilter(_HideSecrets())
