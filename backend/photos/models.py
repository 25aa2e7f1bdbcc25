"""A photo in the books: whose, what it is like, where its file lies, and which claim it was used in."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from backend.kit.db import Base, DistrictRow, Moment

BANDS = ("band_a", "band_b", "band_c", "band_d")


class Photo(DistrictRow, Base):
    """`owner` is a caller's name, `resident:<id>` or `staff:<id>`.

    `likeness` is the perceptual hash; its four bands of 16 bits find near ones by index: hashes that differ in three
    bits or fewer share at least one band.
    """

    __tablename__ = "photo"
    __table_args__ = (
        Index(None, "district", "owner", "used_for"),
        Index(None, "district", "used_for"),
        Index(None, "district", "sha256"),
        *(Index(None, "district", band) for band in BANDS),
    )

    owner: Mapped[str] = mapped_column(String(60))
    file: Mapped[str] = mapped_column(String(60))
    width: Mapped[int] = mapped_column(Integer)
    height: Mapped[int] = mapped_column(Integer)
    sha256: Mapped[str] = mapped_column(String(64))
    likeness: Mapped[str | None] = mapped_column(String(16))
    band_a: Mapped[str | None] = mapped_column(String(4))
    band_b: Mapped[str | None] = mapped_column(String(4))
    band_c: Mapped[str | None] = mapped_column(String(4))
    band_d: Mapped[str | None] = mapped_column(String(4))
    added_at: Mapped[datetime] = mapped_column(Moment)
    used_for: Mapped[str | None] = mapped_column(String(80))
    used_at: Mapped[datetime | None] = mapped_column(Moment)
