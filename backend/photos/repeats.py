"""Whether a photo was seen before: in a claim of the same person, or of another."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import or_

from backend.kit.db import db, rows
from backend.kit.media import BITS, difference
from backend.photos.models import BANDS, Photo
from points.errors import Category, kind

PHOTO_REPEATED = kind(
    "photo_repeated",
    Category.CONFLICT,
    zh="这张照片（或几乎相同的照片）您已在之前的申报中用过，请另拍一张。",
    en="You used this photo, or one all but the same, in an earlier claim; take another.",
)
SAME = 2
"""At most this many of 64 bits differ: the same photo, saved again."""
ALIKE = 10
"""At most this many: alike enough that a person should look."""
MOST_MARKS = 10


def compare(photo: Photo, subject: str) -> list[str]:
    """Look for a photo in other claims; answers marks for the reviewer of `subject`, none when it is new.

    Refused with `photo_repeated` when its owner used it, or one all but the same, for something else. Marks:
    `alike:<id>` an own earlier photo, `others:<id>` another person's that is the same.
    """
    if photo.used_for not in (None, subject):
        raise PHOTO_REPEATED(photo=photo.id, earlier=photo.id)
    found = []
    for identifier, distance in _own_used(photo, subject):
        if distance <= SAME:
            raise PHOTO_REPEATED(photo=photo.id, earlier=identifier)
        if distance <= ALIKE:
            found.append(f"alike:{identifier}")
    return found[:MOST_MARKS] + [f"others:{identifier}" for identifier in _of_others(photo)][:MOST_MARKS]


def _own_used(photo: Photo, subject: str) -> Iterator[tuple[str, int]]:
    """The owner's photos in other claims and how many bits they are away; nought for the same file."""
    query = (
        rows(Photo, photo.district)
        .where(Photo.owner == photo.owner, Photo.used_for.is_not(None), Photo.used_for != subject)
        .order_by(Photo.id.desc())
        .with_only_columns(Photo.id, Photo.sha256, Photo.likeness)
    )
    for identifier, sha256, likeness in db.session.execute(query):
        yield identifier, _distance(photo, sha256, likeness)


def _of_others(photo: Photo) -> Iterator[str]:
    """Other people's used photos that are the same; near ones are found by a band they share."""
    near = [getattr(Photo, band) == getattr(photo, band) for band in BANDS if photo.likeness]
    query = (
        rows(Photo, photo.district)
        .where(Photo.owner != photo.owner, Photo.used_for.is_not(None))
        .where(or_(Photo.sha256 == photo.sha256, *near))
        .order_by(Photo.id.desc())
        .with_only_columns(Photo.id, Photo.sha256, Photo.likeness)
    )
    for identifier, sha256, likeness in db.session.execute(query):
        if _distance(photo, sha256, likeness) <= SAME:
            yield identifier


def _distance(photo: Photo, sha256: str, likeness: str | None) -> int:
    if photo.sha256 == sha256:
        return 0
    return difference(photo.likeness, likeness) if photo.likeness and likeness else BITS
