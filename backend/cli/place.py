"""Where a command works: the data directory, its secrets, and the addresses of its servers."""

from __future__ import annotations

import base64
import os
import secrets
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from flask import Flask

from backend.cli.servers import folder
from backend.cli.servers.child import Running
from backend.cli.servers.valkey import RedisServer, cache_server, ledger_server
from backend.settings import Settings, load

_SECRETS = ("signing_key", "field_key", "index_key", "root_key")
DEFAULT_DATA = ".civic"


@dataclass(frozen=True)
class Place:
    """A data directory with what the environment says of outside servers."""

    data_dir: Path
    environ: Mapping[str, str]

    @property
    def embedded(self) -> list[RedisServer]:
        """The servers that are ours to run here: those no address was given for."""
        servers = []
        if not self._outside("REDIS"):
            servers.append(ledger_server(self.data_dir))
        if not self._outside("CACHE"):
            servers.append(cache_server(self.data_dir))
        return servers

    def environment(self) -> dict[str, str]:
        """CIVIC_* variables that lead every process of this place to the same servers and secrets."""
        found = {"CIVIC_SERVICE_DATA_DIR": str(self.data_dir)}
        for server in self.embedded:
            found["CIVIC_REDIS_URL" if server.name == "ledger" else "CIVIC_CACHE_URL"] = server.url
        production = self.environ.get("CIVIC_SERVICE_ENVIRONMENT") == "production"
        for name in () if production else _SECRETS:  # production is given its secrets, or does not start
            variable = f"CIVIC_SECRETS_{name.upper()}"
            if variable not in self.environ and f"{variable}_FILE" not in self.environ:
                found[f"{variable}_FILE"] = str(_secret(self.data_dir, name))
        return found

    def settings(self) -> Settings:
        """The settings every process of this place runs with."""
        return load({**self.environ, **self.environment()})

    def _outside(self, name: str) -> bool:
        return any(self.environ.get(f"CIVIC_{name}_URL{suffix}") for suffix in ("", "_FILE"))


def place(data: str | None) -> Place:
    """The place of a command: `--data`, else CIVIC_SERVICE_DATA_DIR, else `.civic`; made when it is new."""
    wanted = data or os.environ.get("CIVIC_SERVICE_DATA_DIR") or DEFAULT_DATA
    return Place(folder.prepare(Path(wanted)), dict(os.environ))


@contextmanager
def service(data: str | None, *, opens: bool = True, migrates: bool = True) -> Iterator[Flask]:
    """The application with its context pushed, for one command; embedded servers that do not run are run meanwhile.

    The ledger is matched with the journal and opened, unless the command is about just that (`opens`);
    `migrates` brings the books' tables up to date first.
    """
    from backend.app import create_app
    from backend.cli.migrate import migrate
    from backend.journal.opening import open_all

    here = place(data)
    missing = [server for server in here.embedded if not server.ready()]
    with _running(here, missing):
        app = create_app(here.settings())
        if migrates:
            migrate(app)
        with app.app_context():
            if opens:
                open_all()
            yield app


@contextmanager
def _running(here: Place, servers: list[RedisServer]) -> Iterator[None]:
    if not servers:
        yield
        return
    with folder.claimed(here.data_dir) as claim:
        started: list[Running] = []
        try:
            for server in servers:
                server.prepare()
                running = Running(server.child(), (claim.servers_fd,))
                started.append(running)
                _start(running)
            yield
        finally:
            for running in reversed(started):
                running.stop(lambda: False)


def _start(running: Running) -> None:
    running.start()
    while not running.child.ready():
        how = running.ended()
        if how is not None:
            raise running.refusal(how)
        time.sleep(0.02)


def _secret(data_dir: Path, name: str) -> Path:
    """The file of a secret of this data directory (mode 0400), made at the first use."""
    home = folder.private(data_dir / "secrets")
    path = home / name
    if not path.exists():
        fresh = home / f"{name}.{os.getpid()}"
        fresh.write_text(base64.b64encode(secrets.token_bytes(32)).decode(), encoding="ascii")
        fresh.chmod(0o400)
        try:
            os.link(fresh, path)  # of two that start at once, the first wins
        except FileExistsError:
            pass
        finally:
            fresh.unlink()
    return path
