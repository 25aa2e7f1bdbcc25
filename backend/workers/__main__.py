"""The worker process: `python -m backend.workers`. It keeps no state; any number of them may run or be killed."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable

import structlog
from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler
from flask import Flask

from backend.app import create_app
from backend.kit.db import db
from backend.kit.observe import start_logging
from backend.settings import load
from backend.workers.schedule import FOR_ALL, FOR_EACH_DISTRICT, Job
from points.errors import Refused


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
    structlog.get_logger().info("worker_ready", pid=os.getpid())
    ended.wait()
    scheduler.shutdown(wait=True)


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


def _run(app: Flask, job: Job, district: str) -> Callable[[], None]:
    def run() -> None:
        with app.app_context():
            try:
                job.work(district)
            except Refused as refusal:
                structlog.get_logger().warning("job_refused", job=job.name, reason=refusal.code)
            except Exception as error:  # noqa: BLE001 - one job's fault must not end the others; it is logged whole
                structlog.get_logger().exception("job_fault", job=job.name, exc_info=error)
            finally:
                db.session.rollback()

    return run


if __name__ == "__main__":
    main()
