"""The worker process: `python -m backend.workers`. It keeps no state; any number of them may run or be killed."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable

import structlog
from flask import Flask

from backend.app import create_app
from backend.kit import garbage
from backend.kit.log_lines import start_logging
from backend.settings import load
from backend.workers.rounds import Rounds
from backend.workers.schedule import FOR_ALL, FOR_EACH_DISTRICT, WITHOUT_PAUSE, Job
from points.errors import Refused

TOLD_EVERY_SECONDS = 60.0
AFTER_A_FAULT_SECONDS = 0.5
THREADS = 4


def main() -> None:
    """Run the table until SIGTERM or SIGINT; a job that is running ends first."""
    settings = load()
    start_logging(settings.service.log_level)
    app = create_app(settings)
    rounds = Rounds(THREADS)
    for district in settings.service.districts:
        for job in FOR_EACH_DISTRICT:
            rounds.add(_run(app, job, district), job.every_seconds)
    for job in FOR_ALL:
        rounds.add(_run(app, job, ""), job.every_seconds)
    ended = threading.Event()
    for signum in (signal.SIGTERM, signal.SIGINT):
        signal.signal(signum, lambda *_: ended.set())
    garbage.settle()
    rounds.start()
    followers = [
        threading.Thread(target=_follow, args=(app, WITHOUT_PAUSE, district, ended), daemon=True)
        for district in settings.service.districts
    ]
    for follower in followers:
        follower.start()
    ready = settings.worker_ready
    if ready.parent.is_dir():
        ready.write_text(str(os.getpid()), encoding="ascii")
    structlog.get_logger().info("worker_ready", pid=os.getpid())
    while not ended.wait(1):  # in steps: a signal that another thread was given is seen only when this one wakes
        pass
    rounds.stop()
    for follower in followers:
        follower.join()


def _follow(app: Flask, job: Job, district: str, ended: threading.Event) -> None:
    """Do a job round after round until the end; after one that failed, not at once again."""
    run = _run(app, job, district)
    while not ended.is_set():
        ended.wait(job.every_seconds if run() else AFTER_A_FAULT_SECONDS)


def _run(app: Flask, job: Job, district: str) -> Callable[[], bool]:
    told: dict[str, float] = {}

    def tell(reason: str, error: Exception | None = None) -> None:
        """Log a fault, but the same one of the same job once a minute at most."""
        if time.monotonic() - told.get(reason, -TOLD_EVERY_SECONDS) >= TOLD_EVERY_SECONDS:
            told.clear()
            told[reason] = time.monotonic()
            structlog.get_logger().error("job_failed", job=job.name, district=district, reason=reason, exc_info=error)

    def run() -> bool:
        try:
            with app.app_context():  # whose end gives the session back, and fails too when the books were killed
                job.work(district)
        except Refused as refusal:
            tell(refusal.code)
        except Exception as error:  # noqa: BLE001 - one job's fault must not end the others; it is logged whole
            tell(type(error).__name__, error)
        else:
            return True
        return False

    return run


if __name__ == "__main__":
    main()
