"""What `civic doctor` looks at, one finding after the other; all it may do is open a ledger that matches."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta

import redis
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError

from backend.cli.servers.folder import NEEDED_MB
from backend.journal import health
from backend.journal.health import Finding, bad, note, ok
from backend.kit import audit
from backend.kit.clock import now
from backend.kit.db import db
from backend.kit.outbox import Outgoing
from backend.settings import ROOT
from backend.wiring import parts, settings
from points.errors import Refused

LATE = timedelta(minutes=5)
_MB = 1_000_000


@dataclass(frozen=True)
class Check:
    """What is looked at, and by whom; a check that cannot be made is a bad finding too."""

    subject: str
    look: Callable[[], Iterator[Finding]]


def findings(app: Flask) -> Iterator[Finding]:
    """Everything that was found; needs an app context of `app`."""
    checks = [
        Check("账本服务器 · the ledger's server", health.server),
        Check("账本服务器的内存 · the ledger's memory", health.memory),
        Check("缓存服务器 · the cache", _cache),
        Check("数据库 · the books", lambda: _migrations(app)),
        Check("时钟 · the clock", health.clocks),
        Check("磁盘 · the disk", _disk),
        Check("备份 · backup", health.backup),
        Check("待发事项 · the outbox", _outbox),
        Check("操作日志 · the audit log", _audit),
        Check("账本与流水 · ledger and journal", health.journals),
        Check("每日根值 · daily roots", health.roots),
        Check("根值公钥 · the roots' keys", health.root_key),
    ]
    for check in checks:
        try:
            yield from check.look()
        except (SQLAlchemyError, redis.RedisError, OSError) as error:
            reason = str(getattr(error, "orig", error)).strip().splitlines()[0]
            yield bad(f"{check.subject}：无法检查（{reason}）", f"{check.subject}: cannot be looked at ({reason})")
        except Refused as refusal:
            yield bad(f"{check.subject}:{refusal.sentence()}", f"{check.subject}: {refusal.sentence('en')}")
        finally:
            db.session.rollback()


def _cache() -> Iterator[Finding]:
    run = parts().cache.info("server")["run_id"]
    if run in {each.info("server")["run_id"] for each in parts().ledger_servers()}:
        yield bad(
            "缓存与账本在同一台服务器上：登录会占用账本的内存。请把 cache.url 设为另一台",
            "the cache is on the ledger's server: sign-ins use up the ledger's memory. Set cache.url to another one",
        )
    else:
        yield ok("缓存服务器可用", "the cache answers")


def _migrations(app: Flask) -> Iterator[Finding]:
    wanted = ScriptDirectory(str(ROOT / "backend" / "migrations")).get_current_head()
    with db.engine.connect() as connection:
        found = MigrationContext.configure(connection).get_current_revision()
    if found == wanted:
        yield ok(f"数据库表为最新（{found}）", f"the books' tables are up to date ({found})")
    else:
        yield bad(
            f"数据库表停在 {found}，程序需要 {wanted}；`civic up` 会升级",
            f"the books' tables are at {found}, the program needs {wanted}; `civic up` brings them there",
        )


def _disk() -> Iterator[Finding]:
    home = settings().data_dir
    free = shutil.disk_usage(home).free // _MB
    told = (f"{home} 尚余 {free} MB", f"{free} MB are free at {home}")
    if free < NEEDED_MB:
        yield bad(f"{told[0]}，至少需要 {NEEDED_MB} MB", f"{told[1]}, {NEEDED_MB} MB are needed at least")
    elif free < 10 * NEEDED_MB:
        yield note(*told)
    else:
        yield ok(*told)


def _outbox() -> Iterator[Finding]:
    late = select(func.count()).select_from(Outgoing)
    late = late.where(Outgoing.done_at.is_(None), Outgoing.made_at < now() - LATE)
    count = int(db.session.scalar(late) or 0)
    if count == 0:
        yield ok("没有迟迟未发的事项", "nothing waits in the outbox for long")
        return
    problem = db.session.scalar(
        select(Outgoing.problem).where(Outgoing.done_at.is_(None)).order_by(Outgoing.made_at).limit(1)
    )
    yield bad(
        f"{count} 件待发事项已超过 5 分钟（最早一件：{problem or '未试'}）；工作进程在运行吗？",
        f"{count} deliveries wait for over 5 minutes (the oldest: {problem or 'not tried'}); is the worker running?",
    )


def _audit() -> Iterator[Finding]:
    for district in settings().service.districts:
        broken = audit.first_broken_line(district)
        if broken is None:
            yield ok(f"{district} 操作日志完整", f"{district}: the audit log is whole")
        else:
            yield bad(f"{district} 操作日志第 {broken} 行被改动", f"{district}: audit line {broken} was changed")
