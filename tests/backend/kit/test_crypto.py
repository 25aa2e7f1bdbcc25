"""Personal fields at rest: sealed to their place, found again only by an index that says nothing."""

from __future__ import annotations

import pytest
from cryptography.exceptions import InvalidTag
from hypothesis import given
from hypothesis import strategies as st

from backend.kit.crypto import FieldCipher

CIPHER = FieldCipher(b"f" * 32, b"i" * 32)
PLACE = "resident:1:name"


@given(st.text(st.characters(codec="utf-8"), max_size=200))
def test_what_was_sealed_opens_again(text: str) -> None:
    sealed = CIPHER.seal(PLACE, text)
    assert CIPHER.open(PLACE, sealed) == text
    assert sealed.isascii()


def test_the_same_text_is_never_sealed_alike() -> None:
    assert len({CIPHER.seal(PLACE, "赵小满") for _ in range(100)}) == 100


@pytest.mark.parametrize("place", ["resident:2:name", "resident:1:openid", ""])
def test_a_value_moved_to_another_place_does_not_open(place: str) -> None:
    with pytest.raises(InvalidTag):
        CIPHER.open(place, CIPHER.seal(PLACE, "赵小满"))


def test_another_key_does_not_open_it() -> None:
    with pytest.raises(InvalidTag):
        FieldCipher(b"g" * 32, b"i" * 32).open(PLACE, CIPHER.seal(PLACE, "赵小满"))


def test_an_edited_value_does_not_open() -> None:
    sealed = CIPHER.seal(PLACE, "赵小满")
    middle = len(sealed) // 2
    edited = sealed[:middle] + ("A" if sealed[middle] != "A" else "B") + sealed[middle + 1 :]
    with pytest.raises(InvalidTag):
        CIPHER.open(PLACE, edited)


def test_an_index_is_steady_by_purpose_and_key() -> None:
    index = CIPHER.index("openid", "o-1")
    assert index == CIPHER.index("openid", "o-1")
    others = {
        CIPHER.index("openid", "o-2"),
        CIPHER.index("phone", "o-1"),
        FieldCipher(b"f" * 32, b"j" * 32).index("openid", "o-1"),
    }
    assert index not in others
    assert len(others) == 3
    assert "o-1" not in index
