"""The emulator as a process of its own: `gunicorn backend.cli.emulated:app`, while no WeChat app is configured."""

from __future__ import annotations

from backend.settings import load
from backend.wechat.account import account_of
from backend.wechat.emulator import EmulatedApp, create_emulator
from points.clock import SystemClock

_account = account_of(load().wechat)
app = create_emulator(EmulatedApp(_account.appid, _account.secret), SystemClock())
