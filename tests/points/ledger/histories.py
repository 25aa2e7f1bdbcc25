"""Random histories of a small town: bytes that hypothesis draws, read as commands that make sense there."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

from points.clock import FixedClock
from points.errors import Refused
from points.ids import new_id
from points.ledger import Ledger, Receipt
from points.ledger import transfer as t
from points.ledger.memory import MemoryLedger

RESIDENTS = ("lin", "mei", "hao")
OFFERS = {"tea": 30, "cake": 7}
FUNDS = ("civic", "spring")
SHOPS = ("teahouse", "bakery", "kiosk")
SUBJECTS = ("resident:lin", "resident:mei", "merchant:teahouse", "clerk:wei", "offer:tea", "fund:spring")
JUMPS = (0, 1, 7, 20, 60, 600, 1440, 4 * 1440, 8 * 1440)  # minutes


@dataclass
class History:
    """Plays steps on the real ledger and on its twin, and compares everything after each."""

    real: Ledger
    twin: MemoryLedger
    clock: FixedClock
    seen: Counter[str]
    """How often each kind was posted and each refusal given, over all histories of a run."""
    posted: list[t.Command] = field(default_factory=list)
    holds: list[str] = field(default_factory=list)
    grants: list[str] = field(default_factory=list)
    captures: list[str] = field(default_factory=list)

    def begin(self) -> None:
        now = self.clock.now()
        for fund in FUNDS:
            self.play(t.TopUp(self.id(), fund, 250))
        for offer, price in OFFERS.items():
            ends = now + timedelta(days=20)
            limits = (t.PeriodLimit("day", 3),) if offer == "cake" else ()
            self.play(t.SetOffer(self.id(), offer, price, SHOPS[:2], now, ends, limits))
            self.play(t.AdjustStock(self.id(), offer, 6))

        for resident in RESIDENTS:
            self.play(t.Earn(self.id(), resident, "civic", 40, now, now + timedelta(days=2)))

    def id(self) -> str:
        return new_id(self.clock.now())

    def step(self, verb: int, a: int, b: int, c: int) -> None:
        if verb >= 240:
            made = [_VERBS[(a * i + b) % len(_VERBS)](self, a + i, b * i, c + i) for i in range(1, 5)]
            self.play_many(made + _misnamed(self, a, b, c))
            self.compare()
            return
        made = _VERBS[verb % len(_VERBS)](self, a, b, c)
        if made is None:
            self.compare_sweeps()
        else:
            self.play(made)
        self.compare()

    def play(self, command: t.Command) -> None:
        self.posted.append(command)
        foreseen = None
        if len(self.posted) % 7 == 0:  # a dry run of the twin copies all its books
            foreseen = _answer(self.real.preview, command)
            assert foreseen == _answer(self.twin.preview, command)
        mine, theirs = _answer(self.real.post, command), _answer(self.twin.post, command)
        assert mine == theirs, command
        assert foreseen in (None, mine), command
        if isinstance(mine, Receipt):
            self.seen["again" if mine.replayed else mine.kind] += 1
            assert sum(leg.amount for leg in mine.legs) == 0
            self._remember(command)
        else:
            self.seen[mine[0]] += 1

    def play_many(self, commands: list[t.Command | None]) -> None:
        """A batch, and a reversal and a release of what it began, in one go."""
        made = [command for command in commands if command is not None]
        for command in list(made):
            if isinstance(command, t.Earn):
                made.append(t.Reverse(self.id(), command.id, "wrong", ("zhou", "qian")))
            elif isinstance(command, t.Hold):
                made.append(t.Release(self.id(), command.id))
        self.posted += made
        mine, theirs = self.real.post_many(made), self.twin.post_many(made)
        for command, one, other in zip(made, mine, theirs, strict=True):
            alike = [
                answer if isinstance(answer, Receipt) else (answer.code, answer.details) for answer in (one, other)
            ]
            assert alike[0] == alike[1], command
            self.seen["batched"] += isinstance(one, Receipt)
            if isinstance(one, Receipt):
                self._remember(command)

    def _remember(self, command: t.Command) -> None:
        match command:
            case t.Hold():
                self.holds.append(command.id)
            case t.Earn():
                self.grants.append(command.id)
            case t.Capture():
                self.captures.append(command.id)

    def compare_sweeps(self) -> None:
        made = (_all(self.real), _all(self.twin))
        assert made[0] == made[1]
        self.seen["sweep"] += made[0]

    def compare(self) -> None:
        real = {name: points for name, points in self.real.accounts().items() if points}
        assert real == {name: points for name, points in self.twin.accounts().items() if points}
        assert all(points >= 0 for name, points in real.items() if name not in ("world", "clearing:370102"))
        owned = [self.real.account(f"resident:{name}") for name in RESIDENTS]
        assert all(points >= 0 for points in owned)
        assert sum(owned) + sum(real.values()) == 0
        for resident in RESIDENTS:
            assert self.real.balance(resident) == self.twin.balance(resident)
        for offer in OFFERS:
            assert self.real.offer(offer) == self.twin.offer(offer)
        for hold in self.holds[-2:]:
            assert self.real.hold_view(hold) == self.twin.hold_view(hold)
        assert self.real.head().number == self.twin.head().number


def _all(ledger: Ledger | MemoryLedger) -> int:
    made = 0
    while done := ledger.sweep():
        made += done
    return made


def _answer(ask: Any, command: t.Command) -> Receipt | tuple[str, dict[str, object]]:
    try:
        return ask(command)
    except Refused as refused:
        return refused.code, refused.details


def _pick(listed: list[str], number: int) -> str:
    """One of the listed, the last ones more often; an unknown id now and then."""
    if not listed or number % 17 == 16:
        return "01900000-0000-7000-8000-000000000000"
    return listed[-1 - number % min(len(listed), 6)]


def _earn(h: History, a: int, b: int, c: int) -> t.Command:
    now, resident = h.clock.now(), RESIDENTS[a % 3]
    day = f"{now:%Y-%m-%d}"
    caps = (t.Cap(f"acts.daily:{resident}:{day}", 60), t.Cap(f"acts.all:{day}", 100))[: b % 3]
    opens = now + timedelta(days=c % 3) if c % 4 == 0 else None
    ends = now + timedelta(minutes=(30, 60, 1440, 3 * 1440, 9 * 1440)[c % 5] + (c % 2) * 5)
    if opens is not None:
        ends = max(ends, opens + timedelta(minutes=5))
    return t.Earn(h.id(), resident, FUNDS[b % 2], 1 + a % 70, now, ends, opens, caps)


def _hold(h: History, a: int, b: int, c: int) -> t.Command:
    expires = h.clock.now() + timedelta(minutes=(5, 15, 120)[c % 3])
    return t.Hold(h.id(), RESIDENTS[a % 3], ("tea", "cake", "cake", "ghost")[b % 4 if b % 9 else 3], 1 + c % 3, expires)


def _capture(h: History, a: int, b: int, c: int) -> t.Command:
    amount = None if b % 3 else 1 + c % 40
    return t.Capture(h.id(), _pick(h.holds, a), SHOPS[b % 7 % 3], "wei", amount)


def _release(h: History, a: int, b: int, c: int) -> t.Command:
    return t.Release(h.id(), _pick(h.holds, a))


def _refund(h: History, a: int, b: int, c: int) -> t.Command:
    return t.Refund(h.id(), _pick(h.captures, a), "zhou", "broken", None if b % 2 else 1 + c % 20)


def _reverse(h: History, a: int, b: int, c: int) -> t.Command:
    return t.Reverse(h.id(), _pick(h.grants, a), "wrong", ("zhou", "qian"))


def _again(h: History, a: int, b: int, c: int) -> t.Command:
    command = h.posted[-1 - a % len(h.posted)]
    if b % 4 == 0:
        return replace(t.TopUp(command.id, "civic", 1 + c))
    return command


def _misnamed(h: History, a: int, b: int, c: int) -> list[t.Command]:
    """Ids that are taken, with another content, and then the ends of what they name."""
    grant, hold, capture = (_pick(listed, a) for listed in (h.grants, h.holds, h.captures))
    return [
        replace(_earn(h, a + 1, b, c), id=grant),
        t.Reverse(h.id(), grant, "wrong", ("zhou", "qian")),
        replace(_hold(h, b, a, c), id=hold),
        t.Refund(h.id(), capture, "zhou", "broken", 1 + c % 20),
        t.Release(h.id(), hold),
    ][b % 3 :: 1 + a % 3]


def _gate(h: History, a: int, b: int, c: int) -> t.Command:
    return t.SetGate(h.id(), SUBJECTS[a % len(SUBJECTS)], b % 6 > 0, "checked", "zhou")


def _offer(h: History, a: int, b: int, c: int) -> t.Command:
    now = h.clock.now()
    limits = tuple(t.PeriodLimit(period, 2 + c % 3) for period in ("day", "week", "month")[: b % 4])
    starts = now + timedelta(hours=(-1, -1, 1)[c % 3])
    return t.SetOffer(
        h.id(), ("tea", "cake")[a % 2], 5 + a % 30, SHOPS[: 1 + b % 2], starts, now + timedelta(days=9), limits
    )


def _wait(h: History, a: int, b: int, c: int) -> None:
    h.clock.advance(minutes=JUMPS[a % len(JUMPS)])


_VERBS: tuple[Any, ...] = (
    _earn,
    _earn,
    _earn,
    _hold,
    _hold,
    _hold,
    _capture,
    _capture,
    _release,
    _refund,
    _reverse,
    _again,
    _gate,
    _offer,
    _wait,
    _wait,
    lambda h, a, b, c: t.TopUp(h.id(), FUNDS[a % 2], 1 + b),
    lambda h, a, b, c: t.Settle(h.id(), SHOPS[a % 2], 1 + b % 40),
    lambda h, a, b, c: t.AdjustStock(h.id(), ("tea", "cake")[a % 2], (b % 9 - 3) or 1),
    lambda h, a, b, c: t.SendAcross(h.id(), RESIDENTS[a % 3], "370102", 1 + b % 30),
    lambda h, a, b, c: t.ReceiveAcross(
        h.id(),
        RESIDENTS[a % 3],
        "370102",
        1 + b % 30,
        h.clock.now() + timedelta(days=1 + c % 3),
        h.posted[-1 - c % 3].id,
    ),
)
