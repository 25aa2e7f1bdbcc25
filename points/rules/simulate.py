"""Beside the decisions: a period's deeds through a new pack and the one in force, one process each."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from multiprocessing import get_context
from multiprocessing.queues import Queue
from pathlib import Path
from queue import Empty
from typing import Any

from points.rules.history import Past, read_history
from points.rules.load import load_pack
from points.rules.pack import Coefficient, Pack
from points.rules.texts import Text
from points.rules.trial import Trial, try_pack
from points.rules.warm import warm_from
from points.rules.windows import midnight

Progress = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class Job:
    """One pack to try on one table of deeds, between two local days (both included)."""

    pack: Path
    history: Path
    first: date | None = None
    last: date | None = None
    factor: Decimal | None = None
    """When given, every rule's points are multiplied by it and the budgets are left out."""
    whole: bool = False
    """Whether the table leaves no deed out that the windows of the first day count."""


def run_job(job: Job, progress: Progress | None = None) -> Trial:
    """The trial of one job, in this process."""
    pack = as_before(load_pack(job.pack))
    if job.factor is not None:
        pack = scaled(pack, job.factor)
    since = None if job.first is None else midnight(job.first, pack.zone)
    with job.history.open(encoding="utf-8", newline="") as lines:
        pasts = within(pack, read_history(lines, pack.district), job.first, job.last)
        return try_pack(pack, pasts, progress, since, whole=job.whole)


def as_before(pack: Pack) -> Pack:
    """The pack as if it had always been in force, until its last day: a new one starts when the deeds are long done."""
    return replace(pack, valid_from=date.min)


def within(pack: Pack, pasts: Iterator[Past], first: date | None, last: date | None) -> Iterator[Past]:
    """Only the deeds of those local days, and before them those that the first day's windows count.

    Those after the last day of the pack stay in and count as refused.
    """
    warm = None if first is None else warm_from(pack, first)
    since = None if warm is None else midnight(warm, pack.zone)
    until = None if last is None else midnight(last + timedelta(days=1), pack.zone)
    if since is None and until is None:
        return pasts
    return (
        past for past in pasts if (since is None or since <= past.event.at) and (until is None or past.event.at < until)
    )


def run_jobs(jobs: list[Job], progress: Progress | None = None) -> list[Trial]:
    """The trials of several jobs, each in a process of its own, in the order of the jobs.

    What a job raises is raised here.
    """
    if len(jobs) == 1:
        return [run_job(jobs[0], progress)]
    context = get_context("spawn")
    heard: Queue[int] = context.Queue()
    with ProcessPoolExecutor(2, context, initializer=_listen, initargs=(heard,)) as pool:
        running = [pool.submit(_in_process, job) for job in jobs]
        while not all(each.done() for each in running):
            _hear(heard, progress, wait=0.1)
        _hear(heard, progress, wait=0)
        return [each.result() for each in running]


def scaled(pack: Pack, factor: Decimal) -> Pack:
    """The pack with every rule's points multiplied and no budget, to see what a factor would cost."""
    coefficient = Coefficient("trial", Text("试算系数", "trial factor"), (), factor)
    rules = {
        rule.id: replace(
            rule,
            coefficients=(*rule.coefficients, coefficient),
            caps=tuple(cap for cap in rule.caps if cap not in pack.budgets),
        )
        for rule in pack.rules
    }
    buckets = {key: tuple(rules[rule.id] for rule in bucket) for key, bucket in pack._index.items()}
    return replace(pack, rules=tuple(rules[rule.id] for rule in pack.rules), budgets=(), _index=buckets, _narrow={})


_QUEUE: list[Any] = []
"""Where a process of the pool reports its progress."""


def _listen(queue: Queue[int]) -> None:
    _QUEUE[:] = [queue]
    gc.disable()  # nothing here goes round in a ring; looking for rings took a sixth of the time


def _in_process(job: Job) -> Trial:
    return run_job(job, _QUEUE[0].put)


def _hear(heard: Queue[int], progress: Progress | None, wait: float) -> None:
    try:
        while True:
            count = heard.get(timeout=wait) if wait else heard.get_nowait()
            if progress is not None:
                progress(count)
    except Empty:
        return
