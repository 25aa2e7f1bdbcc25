"""Pictures of mini-program codes: the checks are WeChat's, the picture is a plain pattern that no phone can read."""

from __future__ import annotations

import hashlib
import io
import re
from collections.abc import Mapping
from typing import Any, Final

from PIL import Image

from backend.wechat.emulator.denials import Denied

_SCENE: Final = re.compile(r"[0-9A-Za-z!#$&'()*+,/:;=?@\-._~]{1,32}")
_CELLS: Final = 16


def page_code(asked: Mapping[str, Any], pages: frozenset[str]) -> bytes:
    """A JPEG of the width asked for; Denied 40169 for the scene, 40097 for other arguments, 41030 for the page."""
    scene, page, width = asked.get("scene"), asked.get("page"), asked.get("width", 430)
    if not isinstance(scene, str) or not _SCENE.fullmatch(scene):
        raise Denied(40169)
    if asked.get("env_version", "release") not in ("release", "trial", "develop"):
        raise Denied(40097)
    if type(width) is not int or not 280 <= width <= 1280:
        raise Denied(40097)
    if asked.get("check_path", True) and page is not None and str(page) not in pages:
        raise Denied(41030)
    return _picture(f"{page}?{scene}", width)


def _picture(text: str, width: int) -> bytes:
    bits = hashlib.sha256(text.encode()).digest()
    small = Image.new("L", (_CELLS, _CELLS), 255)
    for at in range(_CELLS * _CELLS):
        if bits[at // 8] >> (at % 8) & 1:
            small.putpixel((at % _CELLS, at // _CELLS), 0)
    out = io.BytesIO()
    small.resize((width, width), Image.Resampling.NEAREST).save(out, "JPEG", quality=80)
    return out.getvalue()
