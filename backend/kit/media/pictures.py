"""Reading a picture: an upload is decoded as a whole, and only its pixels go on, in a JPEG of our own making."""

from __future__ import annotations

import hashlib
import io
import struct
import threading
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from PIL import Image, ImageOps

from backend.kit.media.likeness import likeness
from points.errors import Category, kind

PHOTO_UNREADABLE = kind(
    "photo_unreadable",
    Category.UNSUPPORTED,
    zh="无法读取这张照片；请上传 JPEG、PNG 或 WebP 格式的照片。",
    en="This cannot be read as a photo; a JPEG, PNG or WebP picture is needed.",
)
PHOTO_TOO_LARGE = kind(
    "photo_too_large",
    Category.TOO_LARGE,
    zh="照片文件过大，最多 {most_bytes} 字节。",
    en="The photo's file is too large; {most_bytes} bytes are the most.",
)
PHOTO_TOO_MANY_PIXELS = kind(
    "photo_too_many_pixels",
    Category.TOO_LARGE,
    zh="照片尺寸过大，最多 {most_pixels} 像素。",
    en="The photo is too large; {most_pixels} pixels are the most.",
)
PHOTO_MOVES = kind(
    "photo_moves",
    Category.UNSUPPORTED,
    zh="不接受动图，请上传普通照片。",
    en="A moving picture is not taken; upload a plain photo.",
)
PHOTOS_BUSY = kind(
    "photos_busy",
    Category.UNAVAILABLE,
    zh="正在处理的照片较多，请稍后重试。",
    en="Many photos are being read just now; try again shortly.",
    retry=True,
)
_DECODERS = threading.BoundedSemaphore(2)
_PATIENCE_SECONDS = 15.0
FORMATS = ("JPEG", "PNG", "WEBP")
LONGEST_EDGE = 4096  # enough to read a number plate across a street
THUMBNAIL_EDGE = 480
_MOST_SCANS = 100
"""A progressive JPEG has about ten; each costs a pass over all pixels, so thousands of them would keep us busy."""
_BROKEN = (OSError, SyntaxError, ValueError, EOFError, IndexError, KeyError, TypeError, struct.error, zlib.error)
"""What the decoders raise for a file that is not what it says."""


@dataclass(frozen=True, slots=True)
class Picture:
    """A photo without its past: two JPEGs that hold pixels and nothing else."""

    full: bytes = field(repr=False)
    thumbnail: bytes = field(repr=False)
    width: int
    height: int
    sha256: str
    """Of the file as it was uploaded."""
    likeness: str | None
    """16 hex digits, see `likeness()`; None for a picture too plain to compare."""


def read_picture(raw: bytes, *, max_bytes: int, max_pixels: int) -> Picture:
    """Decode an upload and make it anew: upright, opaque, at most 4096 a side, without EXIF, position, XMP or comment.

    Refused with `photo_too_large`, `photo_too_many_pixels`, `photo_moves`, `photo_unreadable` or `photos_busy`; a name
    or a stated media type counts for nothing.
    """
    if len(raw) > max_bytes:
        raise PHOTO_TOO_LARGE(most_bytes=max_bytes)
    with _one_of_few():
        return _read(raw, max_pixels)


def _read(raw: bytes, max_pixels: int) -> Picture:
    try:
        image = _decode(raw, max_pixels)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as bomb:
        raise PHOTO_TOO_MANY_PIXELS(most_pixels=max_pixels) from bomb
    except _BROKEN as broken:
        raise PHOTO_UNREADABLE() from broken
    return _picture(image, raw)


@contextmanager
def _one_of_few() -> Iterator[None]:
    """Decoding takes memory by the hundred megabytes, so few are done at once; who waits too long is told to return."""
    if not _DECODERS.acquire(timeout=_PATIENCE_SECONDS):
        raise PHOTOS_BUSY()
    try:
        yield
    finally:
        _DECODERS.release()


def _picture(image: Image.Image, raw: bytes) -> Picture:
    full = _jpeg(image)
    seen = likeness(image)
    width, height = image.size
    image.thumbnail((THUMBNAIL_EDGE, THUMBNAIL_EDGE))
    return Picture(full, _jpeg(image), width, height, hashlib.sha256(raw).hexdigest(), seen)


def _decode(raw: bytes, max_pixels: int) -> Image.Image:
    """The pixels, upright, on a fresh canvas: nothing else of the file comes along."""
    with Image.open(io.BytesIO(raw), formats=FORMATS) as image:
        if image.width * image.height > max_pixels:
            raise PHOTO_TOO_MANY_PIXELS(most_pixels=max_pixels)
        _refuse_tricks(image, raw)
        image.thumbnail((LONGEST_EDGE, LONGEST_EDGE), reducing_gap=2.0)
        image.load()
        upright = _upright(image)
        layer = upright.convert("RGBA" if upright.has_transparency_data else "RGB")
    canvas = Image.new("RGB", layer.size, "white")
    canvas.paste(layer, mask=layer if layer.mode == "RGBA" else None)
    return canvas


def _refuse_tricks(image: Image.Image, raw: bytes) -> None:
    # a JPEG of several pictures (MPO) is what many phones write; its first is the photo
    if image.format in ("PNG", "WEBP") and getattr(image, "n_frames", 1) > 1:
        raise PHOTO_MOVES()
    if image.format in ("JPEG", "MPO") and raw.count(b"\xff\xda") > _MOST_SCANS:
        raise PHOTO_UNREADABLE()


def _upright(image: Image.Image) -> Image.Image:
    try:
        return ImageOps.exif_transpose(image)
    except _BROKEN:  # the pixels are sound, only the note on how the phone was held is not
        return image


def _jpeg(image: Image.Image) -> bytes:
    made = io.BytesIO()
    image.save(made, "JPEG", quality=88)
    return made.getvalue()
