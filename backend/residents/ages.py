"""A resident says when they were born, or takes it back; it is sealed, and serves conditions of age alone."""

from __future__ import annotations

from datetime import date

from backend.kit import audit
from backend.kit.auth.caller import Caller
from backend.kit.clock import now
from backend.kit.crypto import cipher
from backend.kit.days import local_day
from backend.kit.db import find, transaction
from backend.residents.models import Resident
from backend.residents.service import Purpose, record_consent
from points.errors import Category, kind

GUARDIAN_AGE = 14
_OLDEST = 125
IMPOSSIBLE = kind(
    "birth_date_impossible",
    Category.INVALID,
    zh="出生日期须是过去的一天，且不超过 {years} 年。",
    en="A birth date is a day of the last {years} years.",
)
GUARDIAN_CONSENT_NEEDED = kind(
    "guardian_consent_needed",
    Category.FORBIDDEN,
    zh="未满 14 周岁的出生日期，须由监护人同意后填写。",
    en="The birth date of a child under 14 is given with the consent of a guardian.",
)


def give(caller: Caller, birth_date: date, guardian: bool) -> Resident:
    """Keep it, with the consent to that; of a child under 14 with the guardian's, told by who holds the phone.

    Refused: `birth_date_impossible`, `guardian_consent_needed`.
    """
    today = local_day(now())
    if not today.year - _OLDEST <= birth_date.year or birth_date > today:
        raise IMPOSSIBLE(years=_OLDEST)
    child = years_on(birth_date, today) < GUARDIAN_AGE
    if child and not guardian:
        raise GUARDIAN_CONSENT_NEEDED()
    with transaction():
        resident = find(Resident, caller.district, caller.id, lock=True)
        resident.birth_sealed = cipher().seal(_place(resident.id), birth_date.isoformat())
        record_consent(caller, Purpose.AGE, given=True)
        if child:
            record_consent(caller, Purpose.GUARDIAN, given=True)
        audit.record(caller.district, caller.name, "birth_date.given", caller.name, guardian=child)
    return resident


def erase(caller: Caller) -> None:
    """Forget it; conditions of age do not know the resident's from then on."""
    with transaction():
        resident = find(Resident, caller.district, caller.id, lock=True)
        resident.birth_sealed = None
        for purpose in (Purpose.AGE, Purpose.GUARDIAN):
            record_consent(caller, purpose, given=False)
        audit.record(caller.district, caller.name, "birth_date.erased", caller.name)


def birth_date_of(resident: Resident | None) -> date | None:
    """When a resident was born, if they said so."""
    return opened(resident.id, resident.birth_sealed) if resident is not None else None


def opened(identifier: str, sealed: str | None) -> date | None:
    """A sealed birth date of the resident of that id."""
    return date.fromisoformat(cipher().open(_place(identifier), sealed)) if sealed else None


def years_on(born: date, day: date) -> int:
    """Whole years; somebody born on 29 February has their birthday on 1 March of a common year."""
    return day.year - born.year - ((day.month, day.day) < (born.month, born.day))


def _place(identifier: str) -> str:
    return f"resident:{identifier}:birth"
