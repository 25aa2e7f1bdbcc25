"""Before points go out: what the pack in force says of redeeming: on which days, from how many points, how often.

The pack's word is kept beside the sessions, in the cache, so that redeeming needs no SQL; where the cache lost it, it
is read from the books again. Only a pack that limits how often one may redeem needs the books: redemptions of one
resident are counted under a lock, and each has its turn before the ledger is asked.
"""

from __future__ import annotations

import json
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any

from sqlalchemy import select

from backend.journal import service as journal
from backend.kit import outbox
from backend.kit.auth.caller import learnt_beside
from backend.kit.clock import now
from backend.kit.days import local_day, zone
from backend.kit.db import db, rows, transaction
from backend.passbook import locks, packs
from backend.passbook.models import RedemptionTurn, RulePack
from backend.passbook.pack_reading import parsed
from backend.wiring import ledger, parts, settings
from points.errors import Category, Refused
from points.rules.build_redemption import redemption_of
from points.rules.redemption import Redemption
from points.rules.windows import Window

KIND = packs.REDEEMING
OPEN, RETURNED, USED, VOID = "open", "returned", "used", "void"
_COUNT = (OPEN, USED)
UNDER_WAY = timedelta(minutes=10)
"""A turn whose redemption the ledger does not have (yet) counts so long; then it came to nothing."""
_SETTLED_AFTER = timedelta(hours=1)
_BATCH = 500
_FEW = 16
"""So many districts' words are asked for with each session, and remembered as they were read."""


def begin(district: str, resident: str, identifier: str) -> None:
    """Refuse a redemption that the pack in force does not allow now; where it counts them, take a turn.

    Refused: `rules_redemption_closed`, `rules_redemption_too_few_points`, `rules_redemption_too_often`,
    `rules_redemption_no_more`. A redemption that the ledger has already is a repetition and never refused.
    """
    at = now()
    terms = _terms_at(district, at)
    if terms is None or ledger(district).hold_view(identifier) is not None:
        return
    _check_day_and_points(terms, district, resident, at)
    if terms.limits:
        _take_turn(district, resident, identifier, terms, at)


def look(district: str, resident: str) -> None:
    """Refuse as `begin` would, without taking a turn."""
    at = now()
    terms = _terms_at(district, at)
    if terms is None:
        return
    _check_day_and_points(terms, district, resident, at)
    if terms.limits:
        with transaction():
            terms.check_times(local_day(at), _times(district, resident, "", terms, at))


def give_back(district: str, identifier: str, refusal: Refused) -> None:
    """A redemption was refused: its turn is free again, unless the ledger may have posted it after all."""
    terms = terms_on(district, local_day(now()))
    if refusal.kind.category is Category.UNAVAILABLE or terms is None or not terms.limits:
        return
    with transaction() as session:
        turn = session.get(RedemptionTurn, (district, identifier))
        if turn is not None and turn.state == OPEN:
            turn.state = RETURNED


def terms_on(district: str, day: date) -> Redemption | None:
    """What the pack in force on a local day says of redeeming; None when it says nothing, or there is none."""
    name, today = _name(district), day.isoformat()
    kept = learnt_beside(name) or parts().cache.get(name)
    spells = _read(str(kept) if kept is not None else refresh(district))
    return next((terms for since, terms in reversed(spells) if since <= today), None)


def names() -> tuple[str, ...]:
    """Under which names of the cache it is kept, for a route to learn it beside the session; none of very many."""
    return _names(tuple(settings().service.districts))


@lru_cache(1)
def _names(districts: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(map(_name, districts)) if len(districts) <= _FEW else ()


@lru_cache(_FEW)
def _read(text: str) -> tuple[tuple[str, Redemption | None], ...]:
    """Each first day, and what is said from then on; the same text says the same, so it is read once."""
    return tuple((since, redemption_of({"redemption": said})) for since, said in json.loads(text))


@outbox.handles(KIND)
def after_a_change(district: str, _payload: dict[str, Any]) -> None:
    """A pack was published or stopped."""
    refresh(district)


def keep(district: str) -> None:
    """Have it at hand before it is asked for: the books may be away then. For the worker."""
    if parts().cache.get(_name(district)) is None:
        refresh(district)


def refresh(district: str) -> str:
    """Read from the books what is said from today on, and keep it: JSON pairs of a first day and the pack's words."""
    with transaction():
        locks.hold(district, ["rule packs"])
        spells = []
        for day in _days(district):
            row = packs.row_in_force(district, day)
            raw = parsed(row.digest, row.text).raw if row is not None else {}
            spells.append([day.isoformat(), raw.get("redemption")])
        text = json.dumps(spells, ensure_ascii=False)
        parts().cache.set(_name(district), text)
    return text


def settle(district: str) -> int:
    """Note for good how redemptions of an hour ago ended; answers how many. For the worker."""
    with transaction():
        old = rows(RedemptionTurn, district).where(
            RedemptionTurn.state.in_((OPEN, RETURNED)), RedemptionTurn.at < now() - _SETTLED_AFTER
        )
        turns = list(db.session.scalars(old.order_by(RedemptionTurn.at).limit(_BATCH).with_for_update()))
        return sum(_settled(turn) in (USED, VOID) for turn in turns)


def _terms_at(district: str, at: datetime) -> Redemption | None:
    """What the pack in force asks of a redemption at that time; None where it asks nothing."""
    terms = terms_on(district, local_day(at))
    return None if terms is None or terms.is_free else terms


def _check_day_and_points(terms: Redemption, district: str, resident: str, at: datetime) -> None:
    terms.check_day(local_day(at))
    if terms.least:
        terms.check_balance(ledger(district).balance(resident).available)


def _take_turn(district: str, resident: str, identifier: str, terms: Redemption, at: datetime) -> None:
    """Count under the lock and take a turn in one commit, before the ledger is asked."""
    with transaction() as session:
        locks.hold(district, [f"redeeming={resident}"])
        terms.check_times(local_day(at), _times(district, resident, identifier, terms, at))
        mine = session.get(RedemptionTurn, (district, identifier))
        if mine is None:
            mine = RedemptionTurn(district=district, id=identifier, resident=resident)
            session.add(mine)
        mine.at, mine.state = at, OPEN


def _times(district: str, resident: str, identifier: str, terms: Redemption, at: datetime) -> dict[str, int]:
    """How often one has redeemed in the window of each limit, this redemption not counted."""
    others = rows(RedemptionTurn, district).where(
        RedemptionTurn.resident == resident, RedemptionTurn.id != identifier, RedemptionTurn.state != VOID
    )
    times = {}
    for limit in terms.limits:
        since, _ = Window(limit.window).bounds(at, zone())
        within = others if since is None else others.where(RedemptionTurn.at >= since)
        times[limit.window] = sum(_settled(turn) in _COUNT for turn in db.session.scalars(within))
    return times


def _settled(turn: RedemptionTurn) -> str:
    """What became of a turn, as the ledger has it now; written down once it cannot change any more."""
    if turn.state in (USED, VOID):
        return turn.state
    held = ledger(turn.district).hold_view(turn.id)
    if held is not None:
        turn.state = {"held": OPEN, "captured": USED}.get(held.state, VOID)
    elif turn.at <= now() - UNDER_WAY:
        turn.state = USED if journal.receipt(turn.district, turn.id) else VOID
    return turn.state


def _days(district: str) -> list[date]:
    """Today, and the later days on which what is in force changes."""
    today = local_day(now())
    query = select(RulePack.valid_from, RulePack.valid_to).where(RulePack.district == district)
    days = {today}
    for first, last in db.session.execute(query):
        days |= {first, *([last + timedelta(days=1)] if last else [])}
    return sorted(day for day in days if day >= today)


def _name(district: str) -> str:
    return f"redeeming:{district}"
