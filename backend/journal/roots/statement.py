"""What is signed each day: a short text that names the day, its entries, their tree, and the text of the day before."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from datetime import date

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from backend.wiring import root_key

TITLE = "civic-points daily root"
VERSION = 2
"""1: what is shown of an entry names its owner's legs. 2: and the entry that it ends, opens, refunds or undoes."""
NOTHING_BEFORE = "0" * 64


@dataclass(frozen=True)
class Statement:
    """One day of one district. `first` is `last` + 1 on a day without entries."""

    district: str
    number: int
    day: date
    first: int
    last: int
    chain: str
    """The journal's SHA-256 chain after the last entry."""
    tree: str
    before: str
    """SHA-256 of the statement before this one."""
    version: int = VERSION

    @property
    def text(self) -> str:
        return "\n".join(
            (
                f"{TITLE} {self.version}",
                f"district {self.district}",
                f"number {self.number}",
                f"day {self.day.isoformat()}",
                f"first {self.first}",
                f"last {self.last}",
                f"chain {self.chain}",
                f"tree {self.tree}",
                f"before {self.before}",
                "",
            )
        )


def version_of(text: str) -> int:
    """How the leaves below a signed statement were made; 0 for a text that is none."""
    title, _, version = text.partition("\n")[0].rpartition(" ")
    return int(version) if title == TITLE and version in {"1", "2"} else 0


def digest_of(text: str) -> str:
    """What the next day's statement holds of this one."""
    return hashlib.sha256(text.encode()).hexdigest()


def sign_with(key: Ed25519PrivateKey, text: str) -> str:
    """Ed25519 signature of a statement, in base64."""
    return _base64(key.sign(text.encode()))


def public_half(key: Ed25519PrivateKey) -> str:
    """The public key that checks what a key signed, in base64."""
    return _base64(key.public_key().public_bytes_raw())


def public_key() -> str:
    """The key under which roots are published now, in base64."""
    return public_half(Ed25519PrivateKey.from_private_bytes(root_key()))


def is_signed(text: str, signature: str, key: str) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(base64.b64decode(key)).verify(base64.b64decode(signature), text.encode())
    except (InvalidSignature, ValueError):
        return False
    return True


def _base64(raw: bytes) -> str:
    return base64.b64encode(raw).decode()
