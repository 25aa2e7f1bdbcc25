"""Starting a server: run a command so that it cannot outlive whoever started it, even after a kill -9.

Run as a program (`python leash.py PARENT SIGNAL USER COMMAND...`) it asks the kernel for a signal at its parent's
death, gives up root if told to, and becomes the command. `start()` is how the rest of the code uses it.
"""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import IO

PR_SET_PDEATHSIG = 1
OWN_USER = -1

_starter: ThreadPoolExecutor | None = None


def start(
    argv: Sequence[str],
    *,
    env: Mapping[str, str] | None = None,
    output: IO[bytes] | int | None = None,
    pass_fds: Sequence[int] = (),
    orphan_signal: signal.Signals = signal.SIGKILL,
    user: int = OWN_USER,
) -> subprocess.Popen[bytes]:
    """Start a command in a session of its own; it gets `orphan_signal` when this process dies, however it dies.

    `output` takes stdout and stderr. `user` is a user id to become (needs root). The kernel sends the signal when the
    *thread* that forked ends, so all commands are started by one thread that lives as long as the process.
    """
    command = [sys.executable, "-I", "-S", __file__, str(os.getpid()), str(int(orphan_signal)), str(user), *argv]

    def spawn() -> subprocess.Popen[bytes]:
        return subprocess.Popen(  # noqa: S603 - the caller's own command, never a user's
            command,
            env=None if env is None else dict(env),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT if output is not None else None,
            pass_fds=tuple(pass_fds),
            start_new_session=True,
        )

    return _starting_thread().submit(spawn).result()


def _starting_thread() -> ThreadPoolExecutor:
    global _starter  # noqa: PLW0603 - one thread for the whole process is the point
    if _starter is None:
        _starter = ThreadPoolExecutor(max_workers=1, thread_name_prefix="leash")
    return _starter


def _forget_thread() -> None:
    """A forked child has no such thread; it makes its own when it starts something."""
    global _starter  # noqa: PLW0603 - the same one
    _starter = None


os.register_at_fork(after_in_child=_forget_thread)


def _become_user(user: int) -> None:
    """Give up root for good: groups first, the user last."""
    os.setgroups([])
    os.setgid(user)
    os.setuid(user)
    os.environ["HOME"] = "/"


def main(arguments: Sequence[str]) -> None:
    """Become the command, on the leash of the parent; exit at once if the parent is gone already."""
    parent, orphan_signal, user = (int(word) for word in arguments[:3])
    command = list(arguments[3:])
    if user != OWN_USER:
        _become_user(user)
    # after the change of user, which would clear it; before the check, so that no death is missed
    if ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, orphan_signal, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl(PR_SET_PDEATHSIG) failed")
    if os.getppid() != parent:
        sys.exit(f"{Path(command[0]).name} is not started: who asked for it is gone")
    try:
        os.execvp(command[0], command)  # noqa: S606 - becoming the command is what a leash is for
    except OSError as error:
        sys.exit(f"{command[0]} cannot be run: {error.strerror}")


if __name__ == "__main__":
    main(sys.argv[1:])
