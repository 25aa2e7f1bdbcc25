"""`civic up`: everything the service needs on one machine, from an empty directory to the line that says `ready`."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import sys
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import click
import redis

from backend.app import create_app
from backend.cli.migrate import migrate
from backend.cli.place import Place, place
from backend.cli.servers import folder, ports
from backend.cli.servers.child import Child
from backend.cli.servers.supervisor import Supervisor
from backend.journal.opening import open_all
from backend.journal.server_settings import refuse_unsafe_at
from backend.settings import ROOT
from points.errors import Category, kind

HOST = "127.0.0.1"
REDIS_UNREACHABLE = kind(
    "redis_unreachable",
    Category.UNAVAILABLE,
    zh="无法连接 {name}（{reason}）。请检查该地址和服务器，或去掉它以使用内置服务器。",
    en="{name} cannot be reached ({reason}). Check the address and the server, or unset it to use the embedded one.",
    retry=True,
)


@dataclass(frozen=True)
class Up:
    """A service that is up: where it answers."""

    api: str
    emulator: str | None
    data_dir: Path

    @property
    def line(self) -> str:
        """The one line that says so."""
        emulator = f" emulator={self.emulator}" if self.emulator else ""
        return f"ready api={self.api}{emulator} data={self.data_dir}"


def run(data: str | None, port: int, then: Callable[[Up, Place], bool] | None = None, **environ: str) -> None:
    """Start everything, say so, call `then`, and stay until Ctrl-C, SIGTERM, or until `then` answers False.

    Refused before anything is started: `port_in_use`, `data_dir_in_use`, `data_dir_not_writable`, `settings_wrong`,
    `redis_unreachable`, `ledger_server_unsafe`, `database_unreachable`.
    """
    os.umask(0o077)  # what is kept here is for this user alone
    here = place(data)
    here = Place(here.data_dir, {**here.environ, **environ})
    settings = here.settings()
    _refuse_unreachable(here)
    with ExitStack() as stack:
        # the directory first: what a killed one left behind may still hold the port, and is waited for here
        claim = stack.enter_context(folder.claimed(here.data_dir))
        web = stack.enter_context(ports.listening(HOST, port))
        emulator = None if settings.wechat.app_id else stack.enter_context(_emulator_port(web))
        up = Up(_address(web), _address(emulator) if emulator else None, here.data_dir)
        supervisor = Supervisor(_children(here, up, web, emulator), claim=claim)

        def ready() -> None:
            click.echo(up.line)
            sys.stdout.flush()
            if then is not None and not then(up, here):
                supervisor.stop()

        supervisor.run(ready)


def _children(here: Place, up: Up, web: socket.socket, emulator: socket.socket | None) -> list[Child]:
    environment = {**here.environ, **here.environment()}
    if up.emulator:
        environment["CIVIC_WECHAT_EMULATOR_URL"] = up.emulator
    logs = folder.private(here.data_dir / "logs")
    settings = here.settings()
    children = [server.child() for server in here.embedded]
    if emulator is not None:
        children.append(_web("emulator", emulator, "backend.cli.emulated:app", environment, logs, 1, 8, path="/"))
    workers, threads = settings.service.web_workers, settings.service.web_threads
    figures = here.data_dir / "run" / "metrics"
    # photos are decoded in many threads; with fewer arenas their memory goes back to the system
    counted = environment | {"PROMETHEUS_MULTIPROC_DIR": str(figures), "MALLOC_ARENA_MAX": "2"}

    def before() -> None:
        shutil.rmtree(figures, ignore_errors=True)  # of processes that are gone
        figures.mkdir(parents=True)
        _migrate(here)

    children.append(_web("web", web, "wsgi:app", counted, logs, workers, threads, path="/healthz", before=before))
    python = [sys.executable, "-m", "backend.workers"]
    children.append(
        Child(
            "worker",
            python,
            env=environment,
            before=lambda: settings.worker_ready.unlink(missing_ok=True),
            ready=lambda: _worker_works(settings.worker_ready),
            log=logs / "worker.log",
        )
    )
    return children


def _worker_works(ready: Path) -> bool:
    """Whether the worker that said it is ready is alive."""
    try:
        os.kill(int(ready.read_text(encoding="ascii")), 0)
    except (OSError, ValueError):
        return False
    return True


def _web(  # noqa: PLR0917 - private, and each call names the last two
    name: str,
    listening: socket.socket,
    app: str,
    environment: dict[str, str],
    logs: Path,
    workers: int,
    threads: int,
    *,
    path: str,
    before: Callable[[], None] = lambda: None,
) -> Child:
    """gunicorn on a socket that is already ours."""
    host, port = listening.getsockname()[:2]
    fd = listening.fileno()
    argv = [sys.executable, "-m", "gunicorn", app, "--chdir", str(ROOT), "--bind", f"fd://{fd}"]
    # loaded once and forked: a worker that was killed is back in milliseconds
    argv += ["--worker-class", "gthread", "--workers", str(workers), "--threads", str(threads), "--preload"]
    argv += ["--graceful-timeout", "8", "--timeout", "60", "--keep-alive", "30"]
    argv += ["--log-level", "warning", "--no-control-socket"]
    return Child(
        name,
        argv,
        env=environment,
        before=before,
        ready=lambda: ports.answers(host, port, path),
        ready_within_s=60,
        pass_fds=(fd,),
        log=logs / f"{name}.log",
        orphan_signal=signal.SIGTERM,
    )


def _migrate(here: Place) -> None:
    app = create_app(here.settings())
    migrate(app)
    with app.app_context():
        open_all()


def _emulator_port(web: socket.socket) -> socket.socket:
    """The next port after the service's, else any free one."""
    wanted = web.getsockname()[1] + 1
    try:
        return ports.listen(HOST, wanted)
    except Exception as refusal:  # the number itself is a wish only
        if getattr(refusal, "code", "") not in ("port_in_use", "port_not_allowed"):
            raise
        return ports.listen(HOST, 0)


def _refuse_unreachable(here: Place) -> None:
    """Outside servers that were named must answer now; waiting for a wrong address helps nobody."""
    settings = here.settings()
    outside = {"CIVIC_REDIS_URL": settings.redis.url, "CIVIC_CACHE_URL": settings.cache.url}
    for server in here.embedded:
        outside.pop("CIVIC_REDIS_URL" if server.name == "ledger" else "CIVIC_CACHE_URL")
    for name, url in outside.items():
        try:
            if name == "CIVIC_REDIS_URL":
                refuse_unsafe_at(url, settings.redis, settings.service.districts)
                continue
            with redis.Redis.from_url(url, socket_connect_timeout=3, socket_timeout=3) as client:
                client.ping()
        except (redis.RedisError, OSError, ValueError) as error:
            raise REDIS_UNREACHABLE(name=name, reason=str(error)) from error


def _address(listening: socket.socket) -> str:
    return f"http://{HOST}:{listening.getsockname()[1]}"
