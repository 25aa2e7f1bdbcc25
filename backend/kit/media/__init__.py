"""Pictures: uploaded bytes become a clean JPEG, a thumbnail and a likeness, kept where only we can read them."""

from backend.kit.media.likeness import BITS, difference, likeness
from backend.kit.media.pictures import Picture, read_picture
from backend.kit.media.store import Store

__all__ = ["BITS", "Picture", "Store", "difference", "likeness", "read_picture"]
