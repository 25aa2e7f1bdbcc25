"""Where points move: commands in, receipts out, decided in one atomic step in Redis and on disk before the answer."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import islice

from points.clock import Clock, to_ms
from points.errors import Refused
from points.ledger import transfer as t
from points.ledger.awaited import Awaited, Journal
from points.ledger.chart import is_account
from points.ledger.checks import check
from points.ledger.cluster import Client
from points.ledger.durable import Safe
from points.ledger.entry import Entry, receipt_of
from points.ledger.fence import Fence
from points.ledger.forget import Memory
from points.ledger.heads import read_head
from points.ledger.keys import BESIDE, CLOSED, Keys
from points.ledger.refusals import BAD_ACCOUNT, BAD_TIME, LEDGER_UNREACHABLE, refusal
from points.ledger.request import (
    KINDS,
    CaptureFacts,
    Facts,
    HoldFacts,
    Request,
    Requests,
    content_of,
    grant_facts,
    hold_facts,
)
from points.ledger.results import Balance, Head, HoldView, OfferView, Receipt
from points.ledger.script import BATCH, bind_all
from points.ledger.seen import Seen
from points.ledger.sweep import Sweep
from points.ledger.together import Together
from points.ledger.views import balance_of, hold_of, offer_of
from points.ledger.windows import Windows
from points.ledger.wire import Wire

BATCH_SIZE = 100
"""Commands in one script run of `post_many`; they are answered together."""
_KNOWN = 10_000
_OTHER_EPOCH = b"!ledger_epoch"


class Ledger:
    """The points of one district, in Redis. Threads may share one: what they post at the same moment travels together.

    `client` comes from `connect`. `clock` is the caller's; `skew_limit_seconds` is how far it may be from the server's
    (None: any, for tests and replays). `zone` is the district's, for the windows of limits. A `fenced` ledger takes
    postings only in a server run that `open` was called in; one that is not fenced, also before its first `open`.

    `level` is what an answer promises: `disk` (the server has fsynced it, by its settings), `replica` (so have
    `replicas` of its replicas), `journal` (the `journal` has committed that very entry). An entry that is not that safe
    within `wait_seconds` answers `not_yet_durable`; the same id asks again.

    `archive` finds an entry in the journal by its id, for undoing and refunding what the ledger has forgotten.
    """

    def __init__(
        self,
        client: Client,
        district: str,
        clock: Clock,
        *,
        level: str = "disk",
        skew_limit_seconds: float | None = 60,
        zone: str = "Asia/Shanghai",
        fenced: bool = False,
        replicas: int = 1,
        journal: Journal | None = None,
        wait_seconds: float = 2,
        archive: Callable[[str], Entry | None] | None = None,
    ) -> None:
        self.district = district
        self.keys = Keys(district)
        self.wire = Wire(client, self.keys.prefix)
        self.fence = Fence(self.wire, self.keys)
        self._safe = Safe(level, self.keys, replicas, journal, wait_seconds)
        self._memory, self._archive = Memory(self.wire, self.keys), archive
        self._mode = "f" if fenced else ""
        self._seen = Seen()
        self._clock = clock
        self._skew = "" if skew_limit_seconds is None else str(int(skew_limit_seconds * 1000))
        self._scripts = bind_all()
        self.windows = Windows(zone)
        self._requests = Requests(self.keys, self.windows)
        self._sweep = Sweep(self.wire, self.keys, self._requests, self._run)
        self._together = Together(self._run)
        self._holds: dict[str, HoldFacts] = {}

    # Postings

    def post(self, command: t.Command) -> Receipt:
        """Post a command; the receipt says what was moved. Raises Refused; the same id again answers the same."""
        return self._answer(command, "")

    def preview(self, command: t.Command) -> Receipt:
        """What posting would answer now, by the real path without its writes."""
        return self._answer(command, "d")

    def post_many(self, commands: Iterable[t.Command]) -> list[Receipt | Refused]:
        """Post commands in their order, many at a time; the answers stand in the same order.

        While the server works on some, the next are made ready. When the server cannot be asked this raises, and what
        was posted until then is not told: the same ids ask again.
        """
        results: list[Receipt | Refused] = []
        under_way: _Batch | None = None
        with ThreadPoolExecutor(1, "ledger-batch") as line:
            for some in _in_batches(commands):
                batch = self._prepare(some, under_way)
                batch.answers = line.submit(self._run_after, batch, under_way)
                results += self._settle(under_way)
                under_way = batch
            return results + self._settle(under_way)

    def open(self, journal: Head, epoch: int = 0) -> Head:
        """Open the ledger for this run of the server, after matching it with the journal's last entry and epoch.

        `Head(0, GENESIS)` for an empty journal. Answers the ledger's head. Refused: `ledger_torn`, `ledger_behind`
        (catch up from the journal first), `ledger_lacks` (this process was answered more), `ledger_forked`,
        `ledger_epoch`.
        """
        head = self.fence.open(journal, epoch, self._seen.in_epoch(epoch))
        self._seen.reached(head.number, epoch)
        return head

    def close(self) -> None:
        """Refuse every posting as `ledger_closed` until `open`; for whoever finds that ledger and journal disagree."""
        self.fence.close()

    def sweep(self, limit: int = 50) -> int:
        """Do what time has made due, at most `limit` entries of it: holds time out, grants open, lots expire.

        Answers how many entries were made; call again while it is more than 0.
        """
        return self._sweep.once(self.now_ms(), limit)

    def forget(self, entries: Iterable[Entry]) -> int:
        """Forget the ids of entries below the floor; the journal must have committed them. Answers how many went."""
        return self._memory.forget(entries)

    # Questions

    def balance(self, resident: str) -> Balance:
        """A resident's points now; nothing for one the ledger has not met."""
        return balance_of(self.wire.ask("GET", self.keys.purse(resident)), self.now_ms())

    def account(self, name: str) -> int:
        """The balance of an account of the chart; 0 when nothing was ever posted to it."""
        if not is_account(name):
            raise BAD_ACCOUNT(field="account")
        sort, _, identifier = name.partition(":")
        if sort == "resident":
            purse = self.wire.ask("GET", self.keys.purse(identifier))
            return int(purse.split(b" ", 1)[0]) if isinstance(purse, bytes) else 0
        found = self.wire.ask("HGET", self.keys.accounts, name)
        return int(found) if isinstance(found, bytes) else 0

    def counted(self, cap: str) -> int:
        """How many points count against a cap's window, by its key; 0 for one the ledger has not met."""
        found = self.wire.ask("GET", self.keys.counter(cap))
        return int(found) if isinstance(found, bytes) else 0

    def accounts(self) -> dict[str, int]:
        """The balances of all accounts that are no resident's, by name."""
        found = self.wire.ask("HGETALL", self.keys.accounts)
        listed = found if isinstance(found, list) else []
        pairs = [(name.decode(), points) for name, points in zip(listed[::2], listed[1::2], strict=True)]
        return {name: int(points) for name, points in pairs if not name.startswith(BESIDE)}

    def hold_view(self, hold_id: str) -> HoldView | None:
        """A redemption as it stands; None when there is none of that id."""
        found = self.wire.ask("MGET", self.keys.record(hold_id), self.keys.end(hold_id))
        return hold_of(found, self.now_ms())

    def offer(self, offer_id: str) -> OfferView | None:
        """An offer as it is decided; None when there is none."""
        k = self.keys
        shelf = ("MGET", k.terms(offer_id), k.stock(offer_id), k.card(offer_id))
        found = self.wire.ask_all([shelf, ("HEXISTS", k.accounts, f"{CLOSED}offer:{offer_id}")])
        return offer_of(offer_id, found)

    def is_open(self, subject: str) -> bool:
        """Whether a `resident:`, `merchant:`, `clerk:`, `offer:` or `fund:` is open; what was never closed is."""
        return self.wire.ask("HEXISTS", self.keys.accounts, CLOSED + subject) == 0

    def head(self) -> Head:
        """The last entry's number and hash; 0 and zeros before the first."""
        return read_head(self.wire.ask("GET", self.keys.head)).end

    def receipt(self, identifier: str) -> Receipt | None:
        """The first receipt of an id; None when the ledger does not know it (any more)."""
        found = self.wire.ask("GET", self.keys.record(identifier))
        return receipt_of(found.decode(), replayed=True) if isinstance(found, bytes) else None

    # The way there

    def now_ms(self) -> int:
        """What the caller's clock says."""
        return to_ms(self._clock.now())

    def _answer(self, command: t.Command, dry: str) -> Receipt:
        now = self._clock.now()
        check(command, now, self.district)
        now_ms = to_ms(now)
        for _ in range(5):
            request = self._requests.of(command, now_ms, self._facts(command))
            awaited = None if dry else self._safe.awaited()
            answer = self._run([request], now_ms, dry)[0] if dry else self._together.ask(request, now_ms, awaited)
            if answer[0] != "?":
                receipt = _receipt(answer, command, now_ms)
                if dry:
                    return receipt
                if isinstance(command, t.Hold):
                    self._know(command.id, HoldFacts(command.resident, command.offer))
                self._safe.sure(answer, awaited)
                return receipt
            self._holds.pop(getattr(command, "hold", ""), None)
            now_ms = max(now_ms, int(answer[1:]))
        raise RuntimeError("the ledger kept moving under a command")

    def _prepare(self, commands: list[t.Command], before: _Batch | None) -> _Batch:
        """Check commands and make their requests; those of the batch before are under way."""
        now = self._clock.now()
        batch = _Batch(commands, to_ms(now))
        known = dict(before.known) if before is not None else {}
        for i, command in enumerate(commands):
            try:
                check(command, now, self.district)
            except Refused as refused:
                batch.results[i] = refused
                continue
            batch.requests[i] = self._requests.of(command, batch.at_ms, self._facts(command, known))
            known.setdefault(command.id, command)
            batch.known.setdefault(command.id, command)
        return batch

    def _run_after(self, batch: _Batch, before: _Batch | None) -> list[str]:
        """Ask for a batch; not when the one before could not be asked, nor before what of it is asked again was."""
        if before is not None and before.answers is not None and "?" in {each[0] for each in before.answers.result()}:
            before.settled.result()
        return self._run(list(batch.requests.values()), batch.at_ms, "o") if batch.requests else []

    def _settle(self, batch: _Batch | None) -> list[Receipt | Refused]:
        """The answers of a batch, when they are there; here, as its caller alone may ask its books."""
        if batch is None or batch.answers is None:
            return []
        awaited: list[Awaited | None] = []
        try:
            answers = batch.answers.result()
            awaited = self._safe.hand_in(answers)
            for i, answer, each in zip(batch.requests, answers, awaited, strict=True):
                try:
                    batch.results[i] = self._told(answer, batch.commands[i], batch.at_ms, each)
                except Refused as refused:
                    if refused.kind is LEDGER_UNREACHABLE:
                        raise
                    batch.results[i] = refused
        except BaseException as fault:
            for each in filter(None, awaited):
                each.let_go()
            batch.settled.set_exception(fault)
            raise
        batch.settled.set_result(None)
        return [batch.results[i] for i in range(len(batch.commands))]

    def _told(self, answer: str, command: t.Command, at_ms: int, awaited: Awaited | None) -> Receipt:
        if answer[0] == "?":
            return self.post(command)
        receipt = _receipt(answer, command, at_ms)
        self._safe.sure(answer, awaited)
        return receipt

    def _run(self, requests: Sequence[Request], now_ms: int, mode: str = "") -> list[str]:
        kinds = {request.kind for request in requests}
        script = self._scripts[kinds.pop() if len(kinds) == 1 else BATCH]
        keys, args = list(self.keys.common), list[str]()
        for request in requests:
            keys += request.keys
            args += request.args
        then = None if mode == "d" else self._safe.on_line
        while True:
            known = (str(now_ms), self._skew, mode + self._mode, *self._seen.args)
            answer = self.wire.run(script, keys, [*known, *args], then)
            if isinstance(answer, list) or not answer.startswith(_OTHER_EPOCH):
                break
            self._seen.follow(answer)
        answers = answer if isinstance(answer, list) else [answer] * len(requests)
        if mode != "d":
            self._seen.answered(answers)
        return [each.decode() for each in answers]

    def _facts(self, command: t.Command, known: dict[str, t.Command] | None = None) -> Facts | None:
        """What a command needs to know of the entry it ends; `known` are commands earlier in the same batch."""
        match command:
            case t.Capture() | t.Release():
                return self._hold_facts(command.hold, known or {})
            case t.Reverse():
                content = self._content(command.earning, "earn", known or {})
                return None if content is None else grant_facts(content)
            case t.Refund():
                content = self._content(command.capture, "capture", known or {})
                hold = None if content is None else self._content(content[0], "hold", known or {})
                return None if content is None or hold is None else CaptureFacts(content[0], hold[0])
        return None

    def _hold_facts(self, hold: str, known: dict[str, t.Command]) -> HoldFacts | None:
        facts = self._holds.get(hold)
        if facts is None:
            content = self._content(hold, "hold", known)
            if content is None:
                return None
            facts = hold_facts(content)
            if hold not in known:
                self._know(hold, facts)
        return facts

    def _know(self, hold: str, facts: HoldFacts) -> None:
        """Facts of a hold never change; those of many are kept to save the question."""
        if len(self._holds) >= _KNOWN:
            self._holds.clear()
        self._holds[hold] = facts

    def _content(self, identifier: str, kind: str, known: dict[str, t.Command]) -> tuple[str, ...] | None:
        earlier = known.get(identifier)
        if earlier is not None:
            return tuple(content_of(kind, earlier).split("\t")) if KINDS[type(earlier)] == kind else None
        found = self.wire.ask("GET", self.keys.record(identifier))
        if not isinstance(found, bytes):
            return self._remember(identifier, kind)
        lines = found.decode().split("\n")
        return tuple(lines[4].split("\t")) if lines[0].split("\t")[2] == kind else None

    def _remember(self, identifier: str, kind: str) -> tuple[str, ...] | None:
        """What the ledger has forgotten, from the archive; its record is put back for the script to see."""
        entry = self._archive(identifier) if self._archive is not None else None
        if entry is None or entry.kind != kind:
            return None
        self._memory.remind(entry)
        return entry.content


@dataclass
class _Batch:
    """Commands that are posted by one run of the script."""

    commands: list[t.Command]
    at_ms: int
    requests: dict[int, Request] = field(default_factory=dict)
    known: dict[str, t.Command] = field(default_factory=dict)
    results: dict[int, Receipt | Refused] = field(default_factory=dict)
    answers: Future[list[str]] | None = None
    settled: Future[None] = field(default_factory=Future)
    """Over when its caller has all answers, also to what had to be asked again."""


def _in_batches(commands: Iterable[t.Command]) -> Iterator[list[t.Command]]:
    source = iter(commands)
    while some := list(islice(source, BATCH_SIZE)):
        yield some


def _receipt(answer: str, command: t.Command, now_ms: int) -> Receipt:
    if answer[0] == "!":
        code, *details = answer[1:].split("\t")
        refused = refusal(code, *details)
        expires_at = getattr(command, "expires_at", None)
        if refused.kind is BAD_TIME and expires_at is not None and to_ms(expires_at) <= now_ms:
            raise BAD_TIME(field="expires_at")  # over by the caller's clock, too
        raise refused
    if answer[0] == "=":
        return receipt_of(answer[1:], replayed=True)
    return receipt_of(answer)
