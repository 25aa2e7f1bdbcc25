"""The photos of the story: made up, each different from the others."""

from __future__ import annotations

import io

from PIL import Image, ImageDraw

from backend.cli.demo.asker import Asker
from backend.cli.demo.story import Story


def picture(number: int) -> bytes:
    """A made-up photo: shapes in colours, different for each number."""
    image = Image.new("RGB", (640, 480), ((number * 67) % 256, (number * 131) % 256, (number * 29) % 256))
    draw = ImageDraw.Draw(image)
    for i in range(12):
        x, y = (number * 97 + i * 173) % 560, (number * 53 + i * 211) % 400
        shade = ((i * 83 + number * 11) % 256, (i * 41) % 256, (number * 197 + i * 7) % 256)
        draw.rectangle((x, y, x + 40 + (i * number * 13) % 120, y + 30 + (i * number * 17) % 90), fill=shade)
    out = io.BytesIO()
    image.save(out, "JPEG", quality=88)
    return out.getvalue()


def upload(story: Story, person: Asker, number: int) -> str:
    """Upload one photo; answers its id."""
    files = {"file": (f"{number}.jpg", picture(number), "image/jpeg")}
    return str(person.post("/photos", key=story.memory.key(f"photo {number}"), files=files)["id"])
