"""Where points move: commands in, receipts out, decided in one atomic step in Redis and on disk before the answer."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from points.clock import Clock, to_ms
from points.errors import Refused
from points.ledger import transfer as t
from points.ledger.chart import is_account
from points.ledger.checks import check
from points.ledger.cluster import Client
from points.ledger.durable import Safe
from points.ledger.entry import Entry, receipt_of
from points.ledger.fence import Fence
from points.ledger.forget import Memory
from points.ledger.keys import BESIDE, CLOSED, Keys
from points.ledger.refusals import BAD_ACCOUNT, refusal
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
from points.ledger.sweep import Sweep
from points.ledger.views import balance_of, head_of, hold_of, offer_of
from points.ledger.windows import Windows
from points.ledger.wire import Wire

BATCH_SIZE = 100
"""Commands in one script run of `post_many`; they are answered together."""
_KNOWN = 10_000


class Ledger:
    """The points of one district, in Redis.

    `client` comes from `connect`. `clock` is the caller's; `skew_limit_seconds` is how far it may be from the server's
    (None: any, for tests and replays). `zone` is the district's, for the windows of limits. A `fenced` ledger takes
    postings only in a server run that `open` was called in; one that is not fenced, also before its first `open`.

    `level` is what an answer promises: `disk` (the server has fsynced it, by its settings), `replica` (so have
    `replicas` of its replicas), `journal` (`journaled(number, seconds)` said that the journal has committed it). An
    entry that is not that safe within `wait_seconds` answers `not_yet_durable`; the same id asks again.

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
        journaled: Callable[[int, float], bool] | None = None,
        wait_seconds: float = 2,
        archive: Callable[[str], Entry | None] | None = None,
    ) -> None:
        self.district = district
        self.keys = Keys(district)
        self.wire = Wire(client, self.keys.prefix)
        self.fence = Fence(self.wire, self.keys)
        self._safe = Safe(level, self.keys, replicas, journaled, wait_seconds)
        self._memory, self._archive = Memory(self.wire, self.keys), archive
        self._mode = "f" if fenced else ""
        self._clock = clock
        self._skew = "" if skew_limit_seconds is None else str(int(skew_limit_seconds * 1000))
        self._scripts = bind_all()
        self._requests = Requests(self.keys, Windows(zone))
        self._sweep = Sweep(self.wire, self.keys, self._requests, self._run)
        self._holds: dict[str, HoldFacts] = {}

    # Postings

    def post(self, command: t.Command) -> Receipt:
        """Post a command; the receipt says what was moved. Raises Refused; the same id again answers the same."""
        return self._answer(command, "")

    def preview(self, command: t.Command) -> Receipt:
        """What posting would answer now, by the real path without its writes."""
        return self._answer(command, "d")

    def post_many(self, commands: Iterable[t.Command]) -> list[Receipt | Refused]:
        """Post commands in their order, many at a time; the answers stand in the same order."""
        results: list[Receipt | Refused] = []
        batch: list[t.Command] = []
        for command in commands:
            batch.append(command)
            if len(batch) == BATCH_SIZE:
                results += self._post_batch(batch)
                batch = []
        return results + self._post_batch(batch)

    def open(self, journal: Head) -> Head:
        """Open the ledger for this run of the server, after matching it with the journal's last entry.

        `Head(0, GENESIS)` for an empty journal. Answers the ledger's head. Refused: `ledger_torn`, `ledger_behind`
        (catch up from the journal first), `ledger_forked`.
        """
        return self.fence.open(journal)

    def close(self) -> None:
        """Refuse every posting as `ledger_closed` until `open`; for whoever finds that ledger and journal disagree."""
        self.fence.close()

    def sweep(self, limit: int = 50) -> int:
        """Do what time has made due, at most `limit` entries of it: holds time out, grants open, lots expire.

        Answers how many entries were made; call again while it is more than 0.
        """
        return self._sweep.once(self._now_ms(), limit)

    def forget(self, entries: Iterable[Entry]) -> int:
        """Forget the ids of entries below the floor; the journal must have committed them. Answers how many went."""
        return self._memory.forget(entries)

    # Questions

    def balance(self, resident: str) -> Balance:
        """A resident's points now; nothing for one the ledger has not met."""
        return balance_of(self.wire.ask("GET", self.keys.purse(resident)), self._now_ms())

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
        return hold_of(found, self._now_ms())

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
        return head_of(self.wire.ask("GET", self.keys.head))

    def receipt(self, identifier: str) -> Receipt | None:
        """The first receipt of an id; None when the ledger does not know it (any more)."""
        found = self.wire.ask("GET", self.keys.record(identifier))
        return receipt_of(found.decode(), replayed=True) if isinstance(found, bytes) else None

    # The way there

    def _now_ms(self) -> int:
        return to_ms(self._clock.now())

    def _answer(self, command: t.Command, dry: str) -> Receipt:
        now = self._clock.now()
        check(command, now, self.district)
        now_ms = to_ms(now)
        for _ in range(5):
            request = self._requests.of(command, now_ms, self._facts(command))
            answer = self._run([request], now_ms, dry)[0]
            if answer[0] != "?":
                receipt = _receipt(answer)
                if dry:
                    return receipt
                if isinstance(command, t.Hold):
                    self._know(command.id, HoldFacts(command.resident, command.offer))
                return self._safe.sure(receipt)
            self._holds.pop(getattr(command, "hold", ""), None)
            now_ms = max(now_ms, int(answer[1:]))
        raise RuntimeError("the ledger kept moving under a command")

    def _post_batch(self, batch: Sequence[t.Command]) -> list[Receipt | Refused]:
        now = self._clock.now()
        results: list[Receipt | Refused | None] = [None] * len(batch)
        requests: list[tuple[int, Request]] = []
        known: dict[str, t.Command] = {}
        for i, command in enumerate(batch):
            try:
                check(command, now, self.district)
            except Refused as refused:
                results[i] = refused
                continue
            requests.append((i, self._requests.of(command, to_ms(now), self._facts(command, known))))
            known.setdefault(command.id, command)
        answers = self._run([request for _, request in requests], to_ms(now), "") if requests else []
        for (i, _), answer in zip(requests, answers, strict=True):
            try:
                results[i] = self.post(batch[i]) if answer[0] == "?" else self._safe.sure(_receipt(answer))
            except Refused as refused:
                results[i] = refused
        return [result for result in results if result is not None]

    def _run(self, requests: Sequence[Request], now_ms: int, dry: str = "") -> list[str]:
        script = self._scripts[requests[0].kind if len(requests) == 1 else BATCH]
        keys, args = list(self.keys.common), [str(now_ms), self._skew, dry + self._mode]
        for request in requests:
            keys += request.keys
            args += request.args
        answer = self.wire.run(script, keys, args, None if dry else self._safe.on_line)
        if isinstance(answer, bytes):
            return [answer.decode()] * len(requests)
        return [each.decode() for each in answer]

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


def _receipt(answer: str) -> Receipt:
    if answer[0] == "!":
        code, *details = answer[1:].split("\t")
        raise refusal(code, *details)
    if answer[0] == "=":
        return receipt_of(answer[1:], replayed=True)
    return receipt_of(answer)
