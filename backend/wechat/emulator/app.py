"""The emulator as a Flask app of its own, served on its own port while no real WeChat app is configured."""

from __future__ import annotations

from flask import Flask, render_template

from backend.wechat.emulator.control import make_control
from backend.wechat.emulator.pushes import PushTarget, Send
from backend.wechat.emulator.wire import make_wire
from backend.wechat.emulator.world import EmulatedApp, World
from points.clock import Clock


def create_emulator(
    app: EmulatedApp,
    clock: Clock,
    *,
    push: PushTarget | None = None,
    send: Send | None = None,
    timers: bool = True,
) -> Flask:
    """An emulator for one mini-program, its state in memory: one process, as many threads as wanted.

    `push` says where verdicts and subscription events are pushed; without it they are only noted. `send` posts them,
    over HTTP unless given. With `timers` off, nothing is pushed until `POST /_emulator/pushes/deliver`.
    """
    emulator = Flask(__name__, template_folder=".", static_folder=None)
    emulator.config["MAX_CONTENT_LENGTH"] = 1024 * 1024
    emulator.json.ensure_ascii = False  # type: ignore[attr-defined]  # Flask's default provider has it
    world = World(app, clock, push, send, timers)
    emulator.register_blueprint(make_wire(world))
    emulator.register_blueprint(make_control(world))

    @emulator.get("/")
    def page() -> str:
        """What is going on, for a person to look at."""
        with world.lock:
            return render_template("page.html", world=world, codes=world.login_codes.newest())

    return emulator
