"""Uploaded bytes become a clean JPEG, or are refused."""

from __future__ import annotations

import contextlib
import io
import random
import time
from datetime import UTC, datetime

import pytest
from PIL import ExifTags, Image

from backend.kit.media import Picture, difference, likeness, read_picture
from points.errors import Refused
from tests.pictures import drawn, saved

PLACE = b"36.6512"
MARKER = b"canary-camera-owner"


def read(raw: bytes, **limits: int) -> Picture:
    return read_picture(raw, **({"max_bytes": 10_000_000, "max_pixels": 40_000_000} | limits))


def refusal_of(raw: bytes, **limits: int) -> str:
    with pytest.raises(Refused) as refused:
        read(raw, **limits)
    return refused.value.code


def opened(content: bytes) -> Image.Image:
    return Image.open(io.BytesIO(content), formats=["JPEG"])


def with_exif(orientation: int = 1) -> bytes:
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = orientation
    exif[ExifTags.Base.Artist] = MARKER.decode()
    exif[ExifTags.Base.DateTime] = datetime(2026, 11, 1, tzinfo=UTC).isoformat()
    exif.get_ifd(ExifTags.IFD.GPSInfo)[ExifTags.GPS.GPSLatitude] = (36.0, 39.0, 4.32)
    xmp = b"<x:xmpmeta xmlns:x='adobe:ns:meta/'>" + PLACE + MARKER + b"</x:xmpmeta>"
    return saved(drawn(1), exif=exif, xmp=xmp, comment=MARKER)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_each_kind_of_photo_becomes_a_jpeg_and_a_thumbnail(kind: str) -> None:
    picture = read(saved(drawn(1, (1200, 900)), kind))
    full, small = opened(picture.full), opened(picture.thumbnail)
    assert (full.format, full.size, small.size) == ("JPEG", (1200, 900), (480, 360))
    assert (picture.width, picture.height) == (1200, 900)


def test_position_camera_comment_and_xmp_are_gone() -> None:
    raw = with_exif()
    assert MARKER in raw, "the test's own photo should carry what must vanish"
    assert Image.open(io.BytesIO(raw)).getexif().get_ifd(ExifTags.IFD.GPSInfo)
    picture = read(raw)
    for content in (picture.full, picture.thumbnail):
        assert MARKER not in content
        assert PLACE not in content
        assert b"Exif" not in content
        assert not dict(opened(content).getexif())
        assert set(opened(content).info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"}


def test_a_photo_taken_sideways_stands_upright() -> None:
    picture = read(with_exif(orientation=6))
    assert (picture.width, picture.height) == (240, 320)
    assert difference(str(picture.likeness), str(likeness(drawn(1).rotate(-90, expand=True)))) <= 2


def test_what_a_photo_hid_under_its_transparency_is_gone() -> None:
    hidden = Image.new("RGBA", (100, 100), (255, 0, 0, 0))
    assert opened(read(saved(hidden, "PNG")).full).getpixel((50, 50)) == (255, 255, 255)


def test_a_page_behind_a_photo_does_not_survive() -> None:
    page = b"<script>alert(1)</script>"
    assert page not in read(saved(drawn(1)) + page).full


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        (b"", "photo_unreadable"),
        (b"hello", "photo_unreadable"),
        (b"<html><script>1</script></html>", "photo_unreadable"),
        (b'<svg xmlns="http://www.w3.org/2000/svg"/>', "photo_unreadable"),
        (b"%PDF-1.7\n", "photo_unreadable"),
        (b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic", "photo_unreadable"),
        (b"\xff\xd8\xff\xe0" + b"\x00" * 100, "photo_unreadable"),
        (saved(drawn(1))[:2000], "photo_unreadable"),
        (saved(drawn(1), "PNG")[:3000], "photo_unreadable"),
        (saved(drawn(1), "WEBP")[:1000], "photo_unreadable"),
        (saved(drawn(1), "GIF"), "photo_unreadable"),
        (saved(drawn(1), "BMP"), "photo_unreadable"),
        (saved(drawn(1), "TIFF"), "photo_unreadable"),
    ],
)
def test_what_is_no_photo_is_refused(raw: bytes, code: str) -> None:
    assert refusal_of(raw) == code


@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
def test_a_moving_picture_is_refused(kind: str) -> None:
    raw = saved(drawn(1, (64, 64)), kind, save_all=True, append_images=[drawn(n, (64, 64)) for n in (2, 3)])
    assert refusal_of(raw) == "photo_moves"


def test_the_first_picture_of_a_phones_double_photo_is_taken() -> None:
    raw = saved(drawn(1), "MPO", save_all=True, append_images=[drawn(2)])
    assert difference(str(read(raw).likeness), str(likeness(drawn(1)))) <= 2


def test_a_file_over_the_limit_is_refused() -> None:
    assert refusal_of(saved(drawn(1)), max_bytes=100) == "photo_too_large"


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_a_photo_of_too_many_pixels_is_refused_unread(kind: str) -> None:
    assert refusal_of(saved(drawn(1), kind), max_pixels=320 * 240 - 1) == "photo_too_many_pixels"


@pytest.mark.parametrize("side", [7_000, 10_000, 16_000])
def test_a_bomb_of_a_small_file_and_a_huge_canvas_is_refused_at_once(side: int) -> None:
    raw = saved(Image.new("1", (side, side)), "PNG")
    began = time.process_time()
    assert len(raw) < 100_000
    assert refusal_of(raw) == "photo_too_many_pixels"
    assert time.process_time() - began < 1


def test_a_jpeg_of_endless_scans_is_refused_at_once() -> None:
    raw = saved(Image.new("RGB", (2000, 2000)), progressive=True)
    start = raw.rindex(b"\xff\xda")
    bomb = raw[:start] + raw[start:-2] * 2000 + raw[-2:]
    began = time.process_time()
    assert refusal_of(bomb) == "photo_unreadable"
    assert time.process_time() - began < 1


def test_a_photo_larger_than_needed_is_kept_smaller() -> None:
    picture = read(saved(drawn(1, (5000, 2500))))
    assert (picture.width, picture.height) == (4096, 2048)


@pytest.mark.filterwarnings("ignore:.*EXIF:UserWarning")
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_a_damaged_photo_is_read_or_refused_and_never_a_fault(kind: str) -> None:
    luck, sound = random.Random(7), saved(drawn(1, (90, 60)), kind, exif=Image.Exif())
    for _ in range(400):
        raw = bytearray(sound)
        for _ in range(luck.randrange(1, 6)):
            raw[luck.randrange(len(raw))] = luck.randrange(256)
        with contextlib.suppress(Refused):
            read(bytes(raw), max_pixels=1_000_000)


def test_the_same_scene_saved_again_is_within_two_bits() -> None:
    first = str(likeness(drawn(3)))
    for again in (
        saved(drawn(3), quality=30),
        saved(drawn(3).resize((160, 120)), "WEBP", quality=60),
        saved(drawn(3).point(lambda grey: min(255, grey + 12)), "PNG"),
    ):
        assert difference(first, str(read(again).likeness)) <= 2


def test_different_scenes_are_more_than_ten_bits_apart() -> None:
    seen = [str(likeness(drawn(seed))) for seed in range(120)]
    assert min(difference(a, b) for n, a in enumerate(seen) for b in seen[:n]) > 10


@pytest.mark.parametrize("plain", [Image.new("RGB", (200, 200), "navy"), Image.effect_noise((200, 200), 4)])
def test_a_picture_of_nothing_has_no_likeness(plain: Image.Image) -> None:
    assert likeness(plain) is None
