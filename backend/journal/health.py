"""What must hold of ledger, journal, archive and roots while the service runs, as findings for its keeper."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

import redis
from sqlalchemy import select

from backend.journal import epochs
from backend.journal.archive import archived
from backend.journal.models import JournalEntry, JournalRoot
from backend.journal.opening import keep_open
from backend.journal.projector import head_number
from backend.journal.roots.keys import keys, problem_of
from backend.journal.server_settings import memory_share, of_all, unseen_replicas
from backend.kit.clock import now
from backend.kit.days import local_day
from backend.kit.db import db
from backend.wiring import ledger, parts, settings, stream
from points.errors import Refused

LATE = timedelta(minutes=1)
ARCHIVE_LATE = timedelta(hours=1)
NEARLY_FULL = 0.8


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at, told in both languages."""

    mark: str
    """`ok`, `note` (worth knowing) or `bad` (must be changed)."""
    zh: str
    en: str


def ok(zh: str, en: str) -> Finding:
    return Finding("ok", zh, en)


def note(zh: str, en: str) -> Finding:
    return Finding("note", zh, en)


def bad(zh: str, en: str) -> Finding:
    return Finding("bad", zh, en)


def server() -> Iterator[Finding]:
    """The settings of the ledger's server, held against the level of acknowledgement."""
    wanted = settings().redis
    found = of_all(parts().ledger_client, wanted, settings().service.districts)
    for each in found:
        yield bad(f"账本服务器：{each.zh}", f"the ledger's server: {each.en}")
    for address in unseen_replicas(parts().ledger_client, wanted, settings().service.districts):
        yield note(
            f"从库 {address} 的设置从这里读不到，请自行确认与主库相同",
            f"the settings of the replica {address} cannot be read from here: see that they are the primary's",
        )
    if not found:
        yield ok(f"账本服务器可保证级别 {wanted.level}", f"the ledger's server can keep level {wanted.level}")


def memory() -> Iterator[Finding]:
    """How much room the ledger's server has left; without any it takes no postings."""
    share = max(map(memory_share, parts().ledger_servers()))
    if share == 0:
        yield ok("账本服务器没有内存上限", "the ledger's server has no limit of memory")
        return
    told = (f"账本服务器已用内存上限的 {share:.0%}", f"the ledger's server uses {share:.0%} of its memory")
    yield bad(*told) if share > NEARLY_FULL else ok(*told)


def clocks() -> Iterator[Finding]:
    """How far this machine's clock is from the ledger server's."""
    off = max(map(_off, parts().ledger_servers()))
    told = (f"与账本服务器的时钟相差 {off:.1f} 秒", f"{off:.1f} s between this clock and the ledger server's")
    limit = settings().redis.skew_seconds
    yield bad(*told) if off > limit else note(*told) if off > limit / 10 else ok(*told)


def _off(server: redis.Redis) -> float:
    seconds, micros = server.time()
    return float(abs(seconds + micros / 1_000_000 - now().timestamp()))


def backup() -> Iterator[Finding]:
    """Whether the stream is kept until a second copy of the journal exists."""
    chosen = settings().journal
    worse = bad if settings().production else note
    if chosen.trim == "archived" and not chosen.archive_dir:
        yield bad(
            "设定为存档后才截短账流，却没有存档目录；请设 journal.archive_dir",
            "the stream waits for an archive that is nowhere written: set journal.archive_dir",
        )
    elif not chosen.archive_dir:
        yield worse(
            "没有设置备份：账流写入数据库后即截短。请设 journal.archive_dir（另一块磁盘）和 journal.trim = archived",
            "no backup is set: the stream is trimmed right after the commit. Set journal.archive_dir (on another disk) "
            "and journal.trim = archived",
        )
    elif chosen.trim == "committed":
        yield note(
            "有存档，但账流不等存档即截短；可设 journal.trim = archived",
            "there is an archive, but the stream does not wait for it; journal.trim = archived would",
        )
    if chosen.archive_dir:
        yield from _archives()


def _archives() -> Iterator[Finding]:
    for district in settings().service.districts:
        reached = archived(district).number
        next_at = _at(district, reached + 1)
        told = (f"{district} 已存档至第 {reached} 笔", f"{district}: archived up to entry {reached}")
        yield bad(*told) if next_at is not None and next_at < now() - ARCHIVE_LATE else ok(*told)


def journals() -> Iterator[Finding]:
    """Whether ledger and journal match and postings are taken, and whether the journal keeps up with them."""
    for district in settings().service.districts:
        try:
            keep_open(district)
        except Refused as refusal:
            yield bad(
                f"{district} 账本不接受记账（{refusal.code}：{refusal.sentence()}）；"
                "请运行 civic ledger catch-up --as 姓名",
                f"{district}: no postings are taken ({refusal.sentence('en')}); run civic ledger catch-up --as NAME",
            )
        else:
            yield ok(f"{district} 账本已核对并开放", f"{district}: the ledger is matched and open")
        yield from _epoch(district)
        yield _lag(district)


def _epoch(district: str) -> Iterator[Finding]:
    """Which epoch the ledger is in, and what was given up when it began."""
    own, wanted = epochs.of_ledger(district), epochs.current(district)
    if own != wanted:
        told = (
            f"{district} 账本属第 {own} 纪元，流水在第 {wanted} 纪元",
            f"{district}: ledger epoch {own}, not {wanted}",
        )
        yield bad(*told)
    for begun in epochs.history(district)[:1]:
        zh = f"{district} 第 {begun.epoch} 纪元自第 {begun.number} 笔后开始（{begun.why}）"
        en = f"{district}: epoch {begun.epoch} since entry {begun.number} ({begun.why})"
        who = "、".join(begun.staff)
        if begun.given_up:
            zh, en = f"{zh}，{who} 放弃 {begun.given_up} 笔", f"{en}; {begun.given_up} entries were given up by {who}"
        yield note(zh, en) if begun.given_up else ok(zh, en)


def _lag(district: str) -> Finding:
    reached = head_number(district)
    lag = ledger(district).head().number - reached
    told = (f"{district} 流水落后 {lag} 笔", f"{district}: the journal is {lag} entries behind")
    if lag < 0:
        return bad(f"{district} 账本比流水少 {-lag} 笔", f"{district}: the ledger lacks {-lag} entries of the journal")
    waiting = stream(district).read(reached, 1) if lag else []
    late = lag > 0 and (not waiting or waiting[0].at < now() - LATE)
    return bad(f"{told[0]}；工作进程在运行吗？", f"{told[1]}; is the worker running?") if late else ok(*told)


def roots() -> Iterator[Finding]:
    """Whether each finished day with entries before it has its signed root."""
    yesterday = local_day(now()) - timedelta(days=1)
    for district in settings().service.districts:
        first = _at(district, 1)
        last = db.session.scalar(
            select(JournalRoot.day).where(JournalRoot.district == district).order_by(JournalRoot.day.desc()).limit(1)
        )
        if first is None or local_day(first) > yesterday:
            yield ok(f"{district} 尚无完整的一天", f"{district}: no day is over yet")
        elif last is not None and last >= yesterday - timedelta(days=1):
            yield ok(f"{district} 根值已公布至 {last}", f"{district}: roots are published up to {last}")
        else:
            yield bad(f"{district} 根值只公布至 {last}", f"{district}: roots are published only up to {last}")


def root_key() -> Iterator[Finding]:
    """Whether the published keys follow each other, and the newest is that of the settings."""
    listed = keys()
    wrong = problem_of(listed)
    if wrong:
        yield bad(
            f"签名公钥不符：{wrong}；如要更换，请运行 civic ledger change-root-key --as 姓名",
            f"the keys of the roots: {wrong}; to change the key, run civic ledger change-root-key --as NAME",
        )
    for key in listed[1:]:
        if not key.signature_before:
            yield note(f"第 {key.number} 个公钥未经前一个签名", f"key {key.number} was not signed by the one before it")


def _at(district: str, number: int) -> datetime | None:
    query = select(JournalEntry.at).where(JournalEntry.district == district, JournalEntry.number == number)
    return db.session.scalar(query)
