"""A running emulator on loopback, and links to it as the product makes them."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
import redis
import requests
from werkzeug.serving import WSGIRequestHandler, make_server

from backend.wechat.client import WeChat
from backend.wechat.emulator import EmulatedApp, create_emulator
from backend.wechat.transport import Limits, RewritingTransport
from points.clock import FixedClock

APPID = "wx00000000000test"
SECRET = "canary-secret-5f1c9b2e"
TEMPLATE = "template-of-tests"
PAGE = "pages/rewards/index"
OPENID = "oMadeUp-resident-1"
PATIENT = Limits(connect_seconds=30, read_seconds=30, total_seconds=60, answer_bytes=100_000)
"""However late a busy machine makes an answer, it comes."""
SHORT = Limits(connect_seconds=1, read_seconds=0.7, total_seconds=1.5, answer_bytes=100_000)
"""For calls whose answer is meant to come too late."""
LATE = {"seconds": 2.0}


def limits_for(trouble: dict[str, Any]) -> Limits:
    """Short where the trouble is that the answer comes late."""
    return SHORT if trouble == LATE else PATIENT


class _Quiet(WSGIRequestHandler):
    def log(self, *_args: Any) -> None:
        """Tests read answers, not access logs."""


@dataclass
class Emulator:
    """The emulator as a test talks to it."""

    url: str

    def order(self, switch: str, **fields: Any) -> Any:
        """Use one of its switches."""
        answer = requests.post(f"{self.url}/_emulator/{switch}", json=fields, timeout=60)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def read(self, path: str) -> Any:
        return requests.get(f"{self.url}/_emulator/{path}", timeout=60).json()

    def code(self, openid: str = OPENID, **fields: Any) -> str:
        return str(self.order("codes", openid=openid, **fields)["code"])

    def calls(self, path: str) -> int:
        return int(self.read("calls").get(path, 0))


@pytest.fixture
def emulator(clock: FixedClock) -> Iterator[Emulator]:
    """A fresh emulator, threaded, on the test's clock."""
    app = EmulatedApp(APPID, SECRET, templates={TEMPLATE: ["thing1", "number2"]}, pages=frozenset({PAGE}))
    server = make_server(
        "127.0.0.1", 0, create_emulator(app, clock, timers=False), threaded=True, request_handler=_Quiet
    )
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield Emulator(f"http://127.0.0.1:{server.server_port}")
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def worker(emulator: Emulator, fresh_cache: redis.Redis, clock: FixedClock) -> Iterator[Callable[..., WeChat]]:
    """Makes links as further processes of the service would have: own connections, one cache."""
    made: list[WeChat] = []

    def make(limits: Limits = PATIENT, cache: redis.Redis = fresh_cache) -> WeChat:
        link = WeChat(
            appid=APPID,
            secret=SECRET,
            cache=cache,
            clock=clock,
            transport=RewritingTransport(emulator.url),
            limits=limits,
        )
        made.append(link)
        return link

    yield make
    for link in made:
        link.close()


@pytest.fixture
def wechat(worker: Callable[..., WeChat]) -> WeChat:
    """One link."""
    return worker()
