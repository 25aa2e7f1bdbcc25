"""The worker process: `python -m backend.workers`. It keeps no state; any number of them may run or be killed."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable

import structlog
from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler
from flask import Flask

from backend.app import create_app
from backend.kit.db import db
from backend.kit.observe import start_logging
from backend.settings import load
from backend.workers.schedule import FOR_ALL, FOR_EACH_DISTRICT, WITHOUT_PAUSE, Job
from points.errors import Refused

TOLD_EVERY_SECONDS = 60.0
AFTER_A_FAULT_SECONDS = 0.5


def main() -> None:
    """Run the table until SIGTERM or SIGINT; a job that is running ends first."""
    settings = load()
    start_logging(settings.service.log_level)
    app = create_app(settings)
    scheduler = BackgroundScheduler(executors={"default": ThreadPoolExecutor(4)}, timezone="UTC")
    for district in settings.service.districts:
        for job in FOR_EACH_DISTRICT:
            _add(scheduler, app, job, district)
    for job in FOR_ALL:
        _add(scheduler, app, job, "")
    ended = threading.Event()
    for signum in (signal.SIGTERM, signal.SIGINT):
        signal.signal(signum, lambda *_: ended.set())
    scheduler.start()
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
    ended.wait()
    scheduler.shutdown(wait=True)
    for follower in followers:
        follower.join()


def _add(scheduler: BackgroundScheduler, app: Flask, job: Job, district: str) -> None:
    scheduler.add_job(
        _run(app, job, district),
        "interval",
        seconds=job.every_seconds,
        id=f"{job.name} {district}",
        max_instances=1,
        coalesce=True,
        misfire_grace_time=None,
    )


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
        with app.app_context():
            try:
                job.work(district)
            except Refused as refusal:
                tell(refusal.code)
            except Exception as error:  # noqa: BLE001 - one job's fault must not end the others; it is logged whole
                tell(type(error).__name__, error)
            else:
                return True
            finally:
                db.session.rollback()
        return False

    return run


if __name__ == "__main__":
    main()
