"""Personal fields at rest: AES-256-GCM bound to their place, and a blind index to find them again."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from dataclasses import dataclass
from typing import cast

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from flask import current_app

KEY_ID = "k1"


@dataclass(frozen=True)
class FieldCipher:
    """Encrypts one field of one row; the place (`table:row:column`) is authenticated, so a value cannot be moved."""

    field_key: bytes
    index_key: bytes

    def seal(self, place: str, text: str) -> str:
        nonce = secrets.token_bytes(12)
        sealed = AESGCM(self.field_key).encrypt(nonce, text.encode(), place.encode())
        return f"{KEY_ID}.{base64.urlsafe_b64encode(nonce + sealed).decode()}"

    def open(self, place: str, sealed: str) -> str:
        raw = base64.urlsafe_b64decode(sealed.partition(".")[2])
        return AESGCM(self.field_key).decrypt(raw[:12], raw[12:], place.encode()).decode()

    def index(self, purpose: str, text: str) -> str:
        """The same text always gives the same index, which says nothing about the text without the key."""
        return hmac.new(self.index_key, f"{purpose}\n{text}".encode(), hashlib.sha256).hexdigest()


def cipher() -> FieldCipher:
    return cast(FieldCipher, current_app.extensions["civic_cipher"])
