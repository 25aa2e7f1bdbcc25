"""Keeping the service running: start the children in order, start again what dies, stop all in reverse order."""

from __future__ import annotations

import logging
import signal
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from types import FrameType

from backend.cli.servers.child import Child, Running
from backend.cli.servers.folder import Claim

STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
LOOK_EVERY_S = 0.1
LAST_WORDS_WITHIN_S = 2.0
SAME_WISH_S = 1.0
"""One Ctrl-C can arrive twice: from the terminal, and passed on by what started us."""

logger = logging.getLogger("civic.supervisor")


class Supervisor:
    """Runs a list of children: each is started when the ones before it are ready, and stopped before they are.

    A child that dies is started again, after 0.1 s at first and at most every 3 s, for as long as it takes: a full disk
    or a slow neighbour heals without anyone's hand. Only a start that fails at the very beginning ends the whole.
    """

    def __init__(self, children: Sequence[Child], *, claim: Claim | None = None) -> None:
        inherit = () if claim is None else (claim.servers_fd,)
        self._all = [Running(child, inherit) for child in children]
        # plain flags: an Event set by a signal handler can wait for the very thread it interrupted
        self._asked_to_stop_at: float | None = None
        self._hurries = False
        self._fault: BaseException | None = None

    @property
    def stopping(self) -> bool:
        """Whether the end was asked for; a story told in `on_ready` looks here."""
        return self._asked_to_stop_at is not None

    def stop(self) -> None:
        """Ask for the clean end; from any thread. Asked again a second later, children that still drain are killed."""
        now = time.monotonic()
        if self._asked_to_stop_at is None:
            self._asked_to_stop_at = now
        elif now - self._asked_to_stop_at > SAME_WISH_S:
            self._hurries = True

    def run(self, on_ready: Callable[[], None] | None = None) -> None:
        """Run until a stop signal or `stop()`; when this returns or raises, no child is left.

        `on_ready` is called once, in a thread of its own, so that children are watched meanwhile; what it raises is
        raised here after the clean stop. Call from the main thread. Refuses `server_did_not_start`, or what the child
        that failed explains of itself.
        """
        with self._signals():
            try:
                teller = self._start_all() and self._tell(on_ready)
                while not self.stopping:
                    self._look_after(self._all)
                    time.sleep(LOOK_EVERY_S)
                if teller:
                    teller.join(LAST_WORDS_WITHIN_S)
            finally:
                self._stop_all()
        if self._fault is not None:
            raise self._fault

    def _start_all(self) -> bool:
        for running in self._all:
            if self.stopping:
                return False
            running.child.before()
            running.start()
            self._await_ready(running)
        return not self.stopping

    def _await_ready(self, running: Running) -> None:
        """Wait for the first readiness of a child, or refuse with its reason; children before it are watched too."""
        child = running.child
        give_up_at = running.started_at + child.ready_within_s
        while not self.stopping:
            how = running.ended()
            if how is not None or time.monotonic() > give_up_at:
                raise running.refusal(how or f"not ready within {child.ready_within_s:.0f} s")
            if child.ready():
                running.is_ready = True
                logger.info("%s is ready", child.name)
                return
            self._look_after(self._all[: self._all.index(running)])
            time.sleep(0.02)

    def _look_after(self, children: Sequence[Running]) -> None:
        """Start again what died and whose pause is over; note what is ready again."""
        for running in children:
            name = running.child.name
            how = running.ended()
            if how is not None:
                logger.warning("%s ended (%s), starting it again in %.1f s", name, how, running.pause())
            elif not running.runs and time.monotonic() >= running.start_again_at:
                running.start()
            elif running.runs and not running.is_ready and running.child.ready():
                running.is_ready = True
                logger.warning("%s is ready again after %.1f s", name, time.monotonic() - running.started_at)

    def _tell(self, on_ready: Callable[[], None] | None) -> threading.Thread | None:
        if on_ready is None:
            return None

        def tell() -> None:
            try:
                on_ready()
            except BaseException as fault:  # noqa: BLE001 - carried over to `run`, which raises it
                # a story interrupted by the stop itself has nothing to complain about
                self._fault = None if self.stopping else fault
                self.stop()

        teller = threading.Thread(target=tell, name="on-ready", daemon=True)
        teller.start()
        return teller

    def _stop_all(self) -> None:
        for running in reversed(self._all):
            running.stop(lambda: self._hurries)
            logger.info("%s is stopped", running.child.name)

    @contextmanager
    def _signals(self) -> Iterator[None]:
        def on_signal(number: int, frame: FrameType | None) -> None:
            self.stop()

        before = {number: signal.signal(number, on_signal) for number in STOP_SIGNALS}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)
