"""Signatures WeChat makes and asks for, compared in constant time; an empty part never matches."""

from __future__ import annotations

import hashlib
import hmac


def push_signature(*parts: str) -> str:
    """The SHA-1 over the sorted parts: token, timestamp, nonce and, in secure mode, the encrypted text."""
    joined = b"".join(sorted(_bytes(part) for part in parts))
    return hashlib.sha1(joined, usedforsecurity=False).hexdigest()


def is_push_signature(signature: str, *parts: str) -> bool:
    """Whether `signature` is the one over `parts`; False when any of them is empty."""
    return bool(signature) and all(parts) and same(signature, push_signature(*parts))


def raw_data_signature(raw_data: str, session_key: str) -> str:
    """What a mini-program shows for `rawData`: SHA-1 over the data and the session key's text."""
    return hashlib.sha1(_bytes(raw_data + session_key), usedforsecurity=False).hexdigest()


def login_signature(body: str, session_key: str) -> str:
    """The login-state signature of a body: HMAC-SHA-256 under the session key's text."""
    return hmac.new(_bytes(session_key), _bytes(body), hashlib.sha256).hexdigest()


def same(given: str, right: str) -> bool:
    """Whether two signatures are equal, in a time that does not tell where they differ."""
    return hmac.compare_digest(_bytes(given), _bytes(right))


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "replace")
