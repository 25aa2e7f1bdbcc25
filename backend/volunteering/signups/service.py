"""A resident takes a place in a shift, knowing the risks, and leaves it again in one step."""

from __future__ import annotations

from datetime import date

from backend.kit.auth import Caller
from backend.kit.clock import fresh_id, now
from backend.kit.days import local_day
from backend.kit.db import NOT_FOUND, db, find, rows, transaction
from backend.kit.http import Page, page_of
from backend.residents.ages import birth_date_of
from backend.residents.models import Resident
from backend.volunteering.activities.models import Activity
from backend.volunteering.activities.service import SHIFT_OVER, held_shift
from backend.volunteering.signups.models import SignUp
from backend.volunteering.signups.states import SIGN_UPS, SignUpState
from points.errors import Category, kind

GUARDIAN_AGE = 14
"""Below it the law asks for a guardian's consent."""

RISKS_NOT_SEEN = kind(
    "risks_not_seen",
    Category.INVALID,
    zh="报名前请先阅读活动的风险提示：{risks}",
    en="Read the risks of this activity before signing up: {risks}",
)
GUARDIAN_NEEDED = kind(
    "guardian_needed",
    Category.FORBIDDEN,
    zh="未满 14 周岁须经监护人同意，本服务目前还不能登记监护人的同意。",
    en="Under 14 a guardian's consent is needed, and this service cannot record one yet.",
)
TOO_YOUNG = kind(
    "too_young",
    Category.FORBIDDEN,
    zh="本活动要求年满 {min_age} 周岁。",
    en="This activity is for people of {min_age} and older.",
)
ALREADY_SIGNED_UP = kind(
    "already_signed_up", Category.CONFLICT, zh="您已报名这个班次。", en="You are signed up for this shift already."
)
SHIFT_FULL = kind("shift_full", Category.CONFLICT, zh="这个班次已报满。", en="This shift has no place left.")
NOT_SIGNED_UP = kind(
    "not_signed_up", Category.CONFLICT, zh="您没有报名这个班次。", en="You are not signed up for this shift."
)


def sign_up(caller: Caller, activity: str, shift: str, risks_seen: bool) -> SignUp:
    """Take a place. The shift's row is held meanwhile, so that it is never oversold.

    Refused with `risks_not_seen`, `guardian_needed`, `too_young`, `shift_over`, `already_signed_up`, `shift_full`. An
    age is checked where the birth date is known.
    """
    with transaction() as session:
        resident = find(Resident, caller.district, caller.id, lock=True)
        wanted = find(Activity, caller.district, activity)
        place = held_shift(caller.district, activity, shift)
        if not risks_seen:
            raise RISKS_NOT_SEEN(risks=wanted.risks)
        _check_age(birth_date_of(resident), wanted.min_age, local_day(place.starts_at))
        if place.ends_at <= now():
            raise SHIFT_OVER()
        if _standing(caller.district, shift, caller.id) is not None:
            raise ALREADY_SIGNED_UP()
        if place.free < 1:
            raise SHIFT_FULL()
        place.taken += 1
        made = SignUp(
            district=caller.district,
            id=fresh_id(),
            activity=activity,
            shift=shift,
            resident=caller.id,
            state=SignUpState.SIGNED_UP,
            risks_seen_at=now(),
        )
        session.add(made)
    return made


def leave(caller: Caller, activity: str, signup: str) -> None:
    """Give the place back, in one step and without a reason; once checked in it is refused with `wrong_state`."""
    with transaction():
        find(Resident, caller.district, caller.id, lock=True)
        found = find(SignUp, caller.district, signup, lock=True)
        if found.resident != caller.id or found.activity != activity:
            raise NOT_FOUND()
        if found.state == SignUpState.LEFT:
            return
        found.state = SIGN_UPS.after(SignUpState(found.state), "leave")
        found.left_at = now()
        held_shift(caller.district, activity, found.shift).taken -= 1


def mine(caller: Caller, activity: str, cursor: str | None, limit: int) -> Page:
    """The caller's own sign-ups for an activity."""
    find(Activity, caller.district, activity)
    query = rows(SignUp, caller.district).where(SignUp.activity == activity, SignUp.resident == caller.id)
    return page_of(query, SignUp, cursor, limit)


def mark_attended(district: str, shift: str, resident: str) -> SignUp:
    """Whoever checks in has signed up; refused with `not_signed_up`. In the open transaction."""
    found = _standing(district, shift, resident)
    if found is None:
        raise NOT_SIGNED_UP()
    found.state = SIGN_UPS.after(SignUpState(found.state), "attend")
    return found


def _standing(district: str, shift: str, resident: str) -> SignUp | None:
    query = rows(SignUp, district).where(
        SignUp.shift == shift, SignUp.resident == resident, SignUp.state != SignUpState.LEFT
    )
    return db.session.scalar(query)


def _check_age(born: date | None, min_age: int | None, day: date) -> None:
    if born is None:
        return
    age = age_on(born, day)
    if age < GUARDIAN_AGE:
        raise GUARDIAN_NEEDED()
    if min_age is not None and age < min_age:
        raise TOO_YOUNG(min_age=min_age)


def age_on(born: date, day: date) -> int:
    """Whole years; somebody born on 29 February has their birthday on 1 March of a common year."""
    return day.year - born.year - ((day.month, day.day) < (born.month, born.day))
