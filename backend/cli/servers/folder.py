"""First step of `civic up`: make the data directory ready and claim it, or refuse before anything is started."""

from __future__ import annotations

import errno
import fcntl
import os
import signal
import stat
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from points.errors import Category, kind

DATA_DIR_NOT_WRITABLE = kind(
    "data_dir_not_writable",
    Category.UNAVAILABLE,
    zh="数据目录 {path} 无法写入（{reason}）。请换一个目录（--data DIR），或修正其权限。",
    en="The data directory {path} cannot be written ({reason}). Choose another with --data DIR, or mend its "
    "permissions.",
)
DATA_DIR_IN_USE = kind(
    "data_dir_in_use",
    Category.CONFLICT,
    zh="数据目录 {path} 已被另一个 civic（进程 {pid}）使用。请先停止它，或用 --data DIR 另选目录。",
    en="The data directory {path} is in use by another civic (process {pid}). Stop that one first, or choose another "
    "directory with --data DIR.",
)
DISK_FULL = kind(
    "disk_full",
    Category.UNAVAILABLE,
    zh="{path} 所在磁盘空间不足（剩余 {free_mb} MB，至少需要 {needed_mb} MB）。请先腾出空间。",
    en="The disk of {path} is full ({free_mb} MB free, at least {needed_mb} MB needed). Make room first.",
    retry=True,
)

NEEDED_MB = 32
LEFTOVERS_END_WITHIN_S = 5.0
"""Children of a killed supervisor are on a leash and may drain for this long; what is left then is killed."""


def prepare(path: Path) -> Path:
    """The data directory, absolute, made when absent, and proven to take a file. Refuses what cannot work later."""
    try:
        path = path.expanduser().resolve()
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=path) as probe:
            probe.write(b"civic")
            probe.flush()
            os.fsync(probe.fileno())
        disk = os.statvfs(path)
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise DISK_FULL(path=path, free_mb=0, needed_mb=NEEDED_MB) from error
        raise DATA_DIR_NOT_WRITABLE(path=path, reason=error.strerror) from error
    except RuntimeError as error:  # no home directory for "~", or links in a circle
        raise DATA_DIR_NOT_WRITABLE(path=path, reason=str(error)) from error
    free_mb = disk.f_bavail * disk.f_frsize // 2**20
    if free_mb < NEEDED_MB:
        raise DISK_FULL(path=path, free_mb=free_mb, needed_mb=NEEDED_MB)
    return path


def private(path: Path) -> Path:
    """A directory that only this user can enter; refused when it is someone else's or not a directory."""
    try:
        path.mkdir(mode=0o700, exist_ok=True)
        found = path.lstat()
        if not stat.S_ISDIR(found.st_mode):
            raise DATA_DIR_NOT_WRITABLE(path=path, reason="not a directory")
        if found.st_uid != os.geteuid():
            raise DATA_DIR_NOT_WRITABLE(path=path, reason="it belongs to another user")
        path.chmod(0o700)
    except OSError as error:
        raise DATA_DIR_NOT_WRITABLE(path=path, reason=error.strerror) from error
    return path


@dataclass(frozen=True)
class Claim:
    """The two locks of one data directory.

    `own_fd` says that a supervisor lives. `servers_fd` is handed on to all children, so it holds until the last of
    them has ended, whatever became of the supervisor.
    """

    own_fd: int
    servers_fd: int

    def release(self) -> None:
        """Let go. The files stay: to remove a lock file is to have two locks."""
        os.close(self.servers_fd)
        os.close(self.own_fd)


@contextmanager
def claimed(data_dir: Path) -> Iterator[Claim]:
    """Hold the data directory for as long as the block runs."""
    held = claim(data_dir)
    try:
        yield held
    finally:
        held.release()


def claim(data_dir: Path) -> Claim:
    """Take the data directory for this process, or refuse `data_dir_in_use`.

    When a supervisor was killed and its children are not gone yet, waits for them: a second server on one append-only
    file would tear it. Those that do not end are killed.
    """
    own_fd = _open(data_dir / "civic.lock")
    if not _try_lock(own_fd):
        holder = os.pread(own_fd, 20, 0).decode()
        os.close(own_fd)
        raise DATA_DIR_IN_USE(path=data_dir, pid=holder or "?")
    os.ftruncate(own_fd, 0)
    os.pwrite(own_fd, str(os.getpid()).encode(), 0)
    servers = data_dir / "servers.lock"
    servers_fd = _open(servers)
    started_at = time.monotonic()
    while not _try_lock(servers_fd):
        waited_s = time.monotonic() - started_at
        if waited_s > LEFTOVERS_END_WITHIN_S:
            _end_holders(servers)
        if waited_s > 2 * LEFTOVERS_END_WITHIN_S:
            os.close(servers_fd)
            os.close(own_fd)
            raise DATA_DIR_IN_USE(path=data_dir, pid="?")
        time.sleep(0.05)
    return Claim(own_fd, servers_fd)


def _end_holders(lock: Path) -> None:
    """Kill what a dead supervisor left: its children alone have this file open, and no supervisor lives."""
    for opened in Path("/proc").glob("[0-9]*/fd/*"):
        pid = int(opened.parts[2])
        try:
            if pid != os.getpid() and opened.samefile(lock):
                os.kill(pid, signal.SIGKILL)
        except OSError:  # it ended meanwhile, or is another user's
            continue


def _open(path: Path) -> int:
    try:
        return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    except OSError as error:
        raise DATA_DIR_NOT_WRITABLE(path=path.parent, reason=error.strerror) from error


def _try_lock(fd: int) -> bool:
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
