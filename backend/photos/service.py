"""Photos come in as files and wait for a claim; a claim uses them once.

They are never public: only their owner sees them, and staff who handle what they are attached to. To publish one, faces
and plates are masked first, which is a step of publication and no part of this.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import IO, Any

from backend.kit import pace
from backend.kit.auth import Caller, Role
from backend.kit.clock import fresh_id, now
from backend.kit.db import NOT_FOUND, after_rollback, db, find, rows, transaction
from backend.kit.media import Picture, Store, read_picture
from backend.kit.media.pictures import PHOTO_TOO_LARGE
from backend.photos.models import BANDS, Photo
from backend.photos.repeats import compare
from backend.wiring import settings
from points.errors import Category, kind

PHOTO_QUOTA = kind(
    "photo_quota",
    Category.TOO_MANY,
    zh="今天上传的照片已达 {most} 张，请明天再传。",
    en="You uploaded {most} photos today, which is the most; try again tomorrow.",
    retry=True,
)
PHOTO_GONE = kind("photo_gone", Category.GONE, zh="照片文件已删除。", en="The photo's file is gone.")
HANDLERS = frozenset({Role.REVIEWER, Role.SECOND_REVIEWER, Role.DISPATCHER, Role.HANDLER, Role.GRID_WORKER})
_MULTIPART_ROOM = 10_000  # what a form adds around its file


def most_body_bytes() -> int:
    """How large the request that brings a photo may be."""
    return settings().photos.max_bytes + _MULTIPART_ROOM


def read(caller: Caller, upload: IO[bytes]) -> Picture:
    """Decode an upload, before any transaction; refused with `photo_*`. A person over the quota is not decoded for."""
    limits = settings().photos
    if pace.done_today(caller.district, caller.name, "photo") >= limits.per_day:
        raise PHOTO_QUOTA(most=limits.per_day)
    db.session.rollback()  # decoding takes a second; no connection is held meanwhile
    raw = upload.read(limits.max_bytes + 1)
    if len(raw) > limits.max_bytes:
        raise PHOTO_TOO_LARGE(most_bytes=limits.max_bytes)
    return read_picture(raw, max_bytes=limits.max_bytes, max_pixels=limits.max_pixels)


def add(caller: Caller, picture: Picture) -> Photo:
    """Keep a photo for its owner; refused with `photo_quota` past the day's number."""
    with transaction() as session:
        pace.count_one(caller.district, caller.name, "photo", most=settings().photos.per_day, refusal=PHOTO_QUOTA)
        store, name = _store(), _store().new_name(caller.district)
        after_rollback(lambda: store.remove(name))
        photo = _row(caller, picture, name)
        session.add(photo)
        store.put(name, full=picture.full, thumb=picture.thumbnail)
    return photo


def photo_for(caller: Caller, identifier: str) -> Photo:
    """A photo for its owner, or for staff who may handle what it is attached to; `not_found` for anyone else."""
    photo = find(Photo, caller.district, identifier)
    handles = caller.kind == "staff" and photo.used_for is not None and caller.roles & HANDLERS
    if photo.owner != caller.name and not handles:
        raise NOT_FOUND()
    return photo


def file_for(caller: Caller, identifier: str, size: str) -> bytes:
    """The JPEG of a photo in one size, `full` or `thumb`; `photo_gone` when only its row is left."""
    photo = photo_for(caller, identifier)
    try:
        return _store().get(photo.file, size)
    except FileNotFoundError as missing:
        raise PHOTO_GONE() from missing


def own_photos(district: str, owner: str, identifiers: Sequence[str]) -> list[Photo]:
    """The photos with these ids, in their order, held until the transaction ends; `not_found` unless all are `owner`'s.

    `owner` is a caller's name (`resident:<id>`). To be called inside a transaction, before `use()`.
    """
    query = (
        rows(Photo, district)
        .where(Photo.owner == owner, Photo.id.in_(identifiers))
        .order_by(Photo.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    found = {photo.id: photo for photo in db.session.scalars(query)}
    if any(identifier not in found for identifier in identifiers):
        raise NOT_FOUND()
    return [found[identifier] for identifier in dict.fromkeys(identifiers)]


def use(photos: Iterable[Photo], subject: str) -> list[str]:
    """Attach photos to a claim (`act:<id>`), inside its transaction; answers marks for its reviewer.

    Refused with `photo_repeated` when the owner used one, or one within 2 of 64 bits of it, for something else. Marks
    are `alike:<photo id>` (own, 3 to 10 bits) and `others:<photo id>` (another person's, the same); none is usual.
    """
    photos = list(photos)
    for owner in sorted({photo.owner for photo in photos}):
        pace.hold(photos[0].district, owner, "photo_use")  # two claims of one person do not look past each other
    found: list[str] = []
    for photo in photos:
        found += compare(photo, subject)
        photo.used_for, photo.used_at = subject, now()
    return list(dict.fromkeys(found))


def attached(district: str, subjects: Sequence[str]) -> dict[str, list[Photo]]:
    """The photos of each claim, in the order they were added."""
    found: dict[str, list[Photo]] = {subject: [] for subject in subjects}
    for photo in db.session.scalars(rows(Photo, district).where(Photo.used_for.in_(subjects)).order_by(Photo.id)):
        found[photo.used_for or ""].append(photo)
    return found


def _row(caller: Caller, picture: Picture, name: str) -> Photo:
    bands: dict[str, Any] = {}
    if picture.likeness is not None:
        bands = {band: picture.likeness[4 * n : 4 * n + 4] for n, band in enumerate(BANDS)}
    return Photo(
        district=caller.district,
        id=fresh_id(),
        owner=caller.name,
        file=name,
        width=picture.width,
        height=picture.height,
        sha256=picture.sha256,
        likeness=picture.likeness,
        added_at=now(),
        **bands,
    )


def _store() -> Store:
    return Store(settings().data_dir / "photos")
