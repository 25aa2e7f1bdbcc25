"""A stand-in for WeChat that speaks its wire contract, for demonstrations and tests; never a part of production."""

from backend.wechat.emulator.app import create_emulator
from backend.wechat.emulator.pushes import PushTarget
from backend.wechat.emulator.world import EmulatedApp

__all__ = ["EmulatedApp", "PushTarget", "create_emulator"]
