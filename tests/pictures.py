"""Photos of the tests: drawn from a number, so that each looks different and each run draws the same."""

from __future__ import annotations

import io
import random
from typing import Any

from PIL import Image, ImageDraw
from werkzeug.datastructures import FileStorage
from werkzeug.test import TestResponse, encode_multipart

from tests.cast import Person


def drawn(seed: int, size: tuple[int, int] = (320, 240)) -> Image.Image:
    """A picture of coloured discs; two seeds differ in a dozen bits of likeness or more."""
    luck = random.Random(seed)
    picture = Image.new("RGB", size, tuple(luck.randrange(256) for _ in range(3)))
    brush = ImageDraw.Draw(picture)
    for _ in range(25):
        left, top = luck.randrange(size[0]), luck.randrange(size[1])
        reach = luck.randrange(size[0] // 30, size[0] // 3)
        brush.ellipse((left, top, left + reach, top + reach), fill=tuple(luck.randrange(256) for _ in range(3)))
    return picture


def saved(picture: Image.Image, kind: str = "JPEG", **options: Any) -> bytes:
    """The file of a picture."""
    file = io.BytesIO()
    picture.save(file, kind, **options)
    return file.getvalue()


def sent(person: Person, content: bytes, *, name: str = "photo.jpg", key: str | None = None) -> TestResponse:
    """Upload a file as a photo."""
    boundary, body = encode_multipart({"file": FileStorage(io.BytesIO(content), name)})
    return person.post("/photos", key=key, data=body, content_type=f"multipart/form-data; boundary={boundary}")


def photo_of(person: Person, seed: int = 1) -> str:
    """Upload a drawn photo; its id."""
    answer = sent(person, saved(drawn(seed)))
    assert answer.status_code == 201, answer.text
    return str(answer.json["id"])
