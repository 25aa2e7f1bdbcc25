"""Step: a scan of the code at the place; right code, used once, and as near as the phone says."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import CursorResult, update

from backend.kit.clock import fresh_id
from backend.kit.crypto import cipher
from backend.kit.db import db, rows
from backend.kit.geo import Position
from backend.residents.service import Purpose, consents
from backend.volunteering import check_in_points as spots
from backend.volunteering.activities import codes
from backend.volunteering.activities.models import Shift
from backend.volunteering.activities.service import secret_of
from backend.volunteering.attendance.models import Attendance, Scan
from backend.volunteering.attendance.nearness import Nearness, judge
from backend.wiring import parts
from points.errors import Category, kind

WRONG_CODES_ALLOWED = 5
LOCK_SECONDS = 300

CODE_WRONG = kind(
    "code_wrong",
    Category.INVALID,
    zh="签到码不正确或已过期，请看现场屏幕上的最新数字。",
    en="The code is wrong or too old; read the present one from the screen at the place.",
)
CODE_USED = kind(
    "shift_code_used",
    Category.CONFLICT,
    zh="这个签到码您已经用过，请等下一个。",
    en="You have used this code already; wait for the next one.",
    retry=True,
)
CODE_LOCKED = kind(
    "shift_code_locked",
    Category.TOO_MANY,
    zh="签到码输错次数过多，请 5 分钟后再试。",
    en="Too many wrong codes; wait 5 minutes.",
    retry=True,
)


@dataclass(frozen=True, slots=True)
class Reading:
    """What one scan showed, before it is written down."""

    step: int
    nearness: Nearness
    position: Position | None


def read(shift: Shift, resident: str, code: str, position: Position | None, at: datetime) -> Reading:
    """Check a code and measure a position, which is looked at only with the resident's consent.

    Refused with `code_wrong`, `shift_code_used`, `shift_code_locked`; never for where the phone says it is.
    """
    step = _step(shift, resident, code, at)
    if position is not None and Purpose.POSITION not in consents(shift.district, resident):
        position = None
    return Reading(step, judge(spots.read(shift.check_in_points), position), position)


def keep(attendance: Attendance, way: str, reading: Reading, at: datetime) -> None:
    """Write a scan down, its doubt also on the attendance; the position only where it left a doubt."""
    identifier, near = fresh_id(), reading.nearness
    db.session.add(
        Scan(
            district=attendance.district,
            id=identifier,
            attendance=attendance.id,
            shift=attendance.shift,
            resident=attendance.resident,
            step=reading.step,
            way=way,
            at=at,
            distance_m=near.distance_m,
            accuracy_m=near.accuracy_m,
            doubt=near.doubt,
            position_sealed=_sealed(identifier, reading.position) if near.doubt else None,
        )
    )
    if near.doubt and near.doubt not in attendance.doubts:
        attendance.doubts = [*attendance.doubts, near.doubt.value]


def of(district: str, attendances: list[str]) -> list[Scan]:
    """The scans of attendances, in order."""
    query = rows(Scan, district).where(Scan.attendance.in_(attendances)).order_by(Scan.at, Scan.id)
    return list(db.session.scalars(query))


def position_of(scan: Scan) -> Position | None:
    """Where a doubtful scan was made, as long as it is kept."""
    if scan.position_sealed is None:
        return None
    lat, lon = cipher().open(_place(scan.id), scan.position_sealed).split(",")
    return Position(float(lat), float(lon), scan.accuracy_m)


def forget_positions(district: str, attendance: str) -> None:
    """The check is done: the positions go, the distances stay."""
    db.session.execute(
        update(Scan).where(Scan.district == district, Scan.attendance == attendance).values(position_sealed=None)
    )


def forget_positions_before(district: str, at: datetime) -> int:
    """No check takes longer than this: positions of older scans go too. Answers how many."""
    old = update(Scan).where(Scan.district == district, Scan.at < at, Scan.position_sealed.is_not(None))
    done = db.session.execute(old.values(position_sealed=None))
    assert isinstance(done, CursorResult)  # noqa: S101 - an update answers with its count
    return done.rowcount


def _step(shift: Shift, resident: str, code: str, at: datetime) -> int:
    """The step of a right code that is new to this person. Guessing is counted outside the books, and locked."""
    tries = f"wrong-codes:{shift.district}:{shift.id}:{resident}"
    if int(parts().cache.get(tries) or 0) >= WRONG_CODES_ALLOWED:
        raise CODE_LOCKED()
    step = codes.step_of(secret_of(shift), code, at)
    if step is None:
        pipe = parts().cache.pipeline()
        pipe.incr(tries)
        pipe.expire(tries, LOCK_SECONDS)
        pipe.execute()
        raise CODE_WRONG()
    used = rows(Scan, shift.district).where(Scan.shift == shift.id, Scan.resident == resident, Scan.step == step)
    if db.session.scalar(used) is not None:
        raise CODE_USED()
    return step


def _sealed(scan: str, position: Position | None) -> str | None:
    return cipher().seal(_place(scan), f"{position.lat:.6f},{position.lon:.6f}") if position else None


def _place(scan: str) -> str:
    return f"shift_scan:{scan}:position"
