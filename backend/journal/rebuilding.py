"""The way back: a ledger that was lost, is behind, or is torn is put together again from the journal."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing

import structlog

from backend.journal import epochs
from backend.journal.alone import alone
from backend.journal.check import compare
from backend.journal.doubt import LEDGER_IN_DOUBT, in_doubt, settle
from backend.journal.opening import match, open_ledger
from backend.journal.projector import head, project_all
from backend.journal.reading import RowChanged, entries, sound_entries, uncollected
from backend.kit.db import db
from backend.wiring import ledger, parts, stream
from points.errors import Category, Refused, kind
from points.ledger import GENESIS, Client, Entry, Head, owner_of
from points.ledger.heads import read_head
from points.ledger.keys import Keys
from points.ledger.rebuild import Replay
from points.ledger.refusals import LEDGER_FORKED, LEDGER_NOT_EMPTY, LEDGER_TORN

JOURNAL_CHANGED = kind(
    "journal_changed",
    Category.CONFLICT,
    zh="流水第 {number} 笔被改动，不能用来重建账本。",
    en="Journal entry {number} was changed; no ledger is made of it.",
)
JOURNAL_BEHIND = kind(
    "journal_behind",
    Category.CONFLICT,
    zh="账本有 {count} 笔不在流水中且无法补录；放弃它们须两名工作人员签名并写明原因。",
    en="{count} entries of the ledger are not in the journal and cannot be copied; giving them up takes two members of "
    "staff and a reason.",
)
Progress = Callable[[int, int], None]
_AT_ONCE = 500


def rebuild(district: str, progress: Progress = lambda done, total: None) -> Head:
    """Fill an empty ledger from the journal and open it; answers its head. Refused: `ledger_not_empty`."""
    with alone(district):
        if not _is_empty(parts().ledger_client, district):
            raise LEDGER_NOT_EMPTY()
        made = _refill(district, epochs.begin(district, epochs.REBUILT) if head(district).number else None, progress)
        settle(district)
        open_ledger(district)
        return made


def rebuild_into(client: Client, district: str, progress: Progress = lambda done, total: None) -> Head:
    """Fill an empty ledger on another server from the journal; it stays closed there until a service opens it."""
    with alone(district):
        if not _is_empty(client, district):
            raise LEDGER_NOT_EMPTY()
        with closing(sound_entries(district)) as read:
            return _replay(client, district, read, progress, epochs.current(district))


def catch_up(district: str, progress: Progress = lambda done, total: None) -> Head:
    """Bring ledger and journal together, whichever has more, and open the ledger; answers its head.

    Both must tell one history. A ledger that lacked entries begins a new epoch, so that the one which had them is over;
    a journal restored from before the ledger's epoch takes that over. A ledger that was in doubt is compared whole once
    it has all entries. Refused: `ledger_torn` (rebuild it), `ledger_forked`, `ledger_epoch` (it has entries that were
    given up), `journal_chain_broken`, `ledger_in_doubt` (it still differs).
    """
    with alone(district):
        reached = head(district)  # before the ledger's, which is never behind what it was
        state, behind = _state_and_head(district)
        if state == "torn":
            raise LEDGER_TORN()
        if behind.number < reached.number:
            if _journal_hash_at(district, behind.number) != behind.hash:
                raise LEDGER_FORKED(number=behind.number)
            _close(district)
            epoch = epochs.begin(district, epochs.CAUGHT_UP)
            _replay(parts().ledger_client, district, entries(district, behind.number), progress, epoch)
        elif behind == reached and epochs.of_ledger(district) < epochs.current(district):
            _replay(parts().ledger_client, district, iter(()), progress, epochs.begin(district, epochs.CAUGHT_UP))
        else:
            own = epochs.of_ledger(district)
            if own > epochs.current(district):
                match(district, own)
                epochs.adopt(district)
            match(district)  # before anything is copied: it tells a fork
            project_all(district)
        _prove_what_was_doubted(district, progress)
        return open_ledger(district)


def _prove_what_was_doubted(district: str, progress: Progress) -> None:
    """Of a ledger that was found to differ every key is compared, now that it has all entries."""
    if in_doubt(district):
        found = compare(district, progress, closes=True)
        if not found.holds:
            raise LEDGER_IN_DOUBT(found=found.line)


def replace(
    district: str,
    staff: tuple[str, ...] = (),
    reason: str = "",
    progress: Progress = lambda done, total: None,
) -> Head:
    """Throw away what the ledger's server holds of a district and rebuild it: after a tear, or a fork.

    What the stream has more is copied into the journal first. Entries that cannot be copied are answered postings;
    they are given up only by two members of `staff` with a `reason`, which is written down. Refused: `journal_behind`.
    """
    with alone(district):
        _close(district)
        lost = _copy_what_follows(district)
        if lost and not staff:
            raise JOURNAL_BEHIND(count=lost)
        if lost:
            epochs.refuse_signatures(district, staff, reason)
        _prove(district)
        epoch = epochs.begin(district, epochs.REPLACED, given_up=lost, staff=staff if lost else (), reason=reason)
        _drop(parts().ledger_client, district)
        made = _refill(district, epoch, progress)
        settle(district)
        open_ledger(district)
        return made


def _close(district: str) -> None:
    """Nothing is posted any more to what is to be thrown away; a torn ledger takes nothing already."""
    try:
        ledger(district).close()
    except Refused as refusal:
        if refusal.code != LEDGER_TORN.code:
            raise


def _refill(district: str, epoch: int | None, progress: Progress) -> Head:
    with closing(sound_entries(district)) as read:
        return _replay(parts().ledger_client, district, read, progress, epoch)


def _copy_what_follows(district: str) -> int:
    """Copy the stream as far as it follows the journal; answers how many entries of the ledger remain uncopied."""
    try:
        project_all(district)
    except Refused as refusal:
        structlog.get_logger().error("journal_not_carried_on", district=district, reason=refusal.code)
    last = ledger(district).wire.ask("XREVRANGE", Keys(district).stream, "+", "-", "COUNT", 1)
    streamed = int(last[0][0].split(b"-")[0]) if isinstance(last, list) and last else 0
    own = _state_and_head(district)[1]
    reached = head(district)
    db.session.rollback()
    ends = max(streamed, own.number)
    return ends - _common(district, own, min(ends, reached.number))


def _common(district: str, own: Head, number: int) -> int:
    """The last entry up to `number` that ledger and journal have alike; what was trimmed had been copied."""
    while number:
        found = stream(district).read(number - 1, 1)
        held = found[0].hash if found and found[0].number == number else own.hash if own.number == number else None
        if held is None or held == _journal_hash_at(district, number):
            return number
        number -= 1
    return 0


def _prove(district: str) -> None:
    """Read the journal whole before anything is thrown away."""
    try:
        for _ in sound_entries(district):
            pass
    except RowChanged as changed:
        raise JOURNAL_CHANGED(number=changed.number) from changed


def _replay(client: Client, district: str, source: Iterator[Entry], progress: Progress, epoch: int | None) -> Head:
    total = head(district).number
    try:
        with uncollected():
            return Replay(client, district, epoch).run(source, lambda number: progress(number, total))
    except RowChanged as changed:
        raise JOURNAL_CHANGED(number=changed.number) from changed
    finally:
        db.session.rollback()


def _state_and_head(district: str) -> tuple[str, Head]:
    made = ledger(district)
    found = read_head(made.wire.ask("GET", made.keys.head))
    return found.state, found.end


def _journal_hash_at(district: str, number: int) -> str | None:
    if number == 0:
        return GENESIS
    return next((entry.hash for entry in entries(district, number - 1, number)), None)


def _keys(client: Client, district: str) -> Iterator[bytes]:
    prefix = Keys(district).prefix
    return owner_of(client, prefix).scan_iter(match=f"{prefix}*", count=1000)


def _is_empty(client: Client, district: str) -> bool:
    return next(iter(_keys(client, district)), None) is None


def _drop(client: Client, district: str) -> None:
    server = owner_of(client, Keys(district).prefix)
    batch: list[bytes] = []
    for key in _keys(client, district):
        batch.append(key)
        if len(batch) == _AT_ONCE:
            server.unlink(*batch)
            batch = []
    if batch:
        server.unlink(*batch)
