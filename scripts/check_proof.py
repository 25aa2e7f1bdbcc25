#!/usr/bin/env python3
"""Check offline that an entry of yours stands under a published daily root. Needs Python 3.9+ and `cryptography`.

    python check_proof.py proof.json [--published 2026-11-20.json] [--key BASE64] [--keys keys.json]

`proof.json` is the answer of GET /api/v1/me/statement/<entry>/proof. `--published` is the day's root as you kept it or
got it from elsewhere than the service; `--key` is a public key of the service as you know it. Without them the proof is
checked against the root and key it carries, which proves less. When the service has changed its key since, or before,
`--keys` is the answer of GET /api/v1/journal/keys: it must lead from the key you know to the one that signed. Exit code
0 only when everything holds.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import json
import sys
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey


def leaf_hash(proof: dict) -> bytes:
    """RFC 6962: SHA-256 of a zero byte and the leaf, which is the two commitments after each other."""
    shown = hashlib.sha256(bytes.fromhex(proof["salt"]) + proof["shown"].encode()).digest()
    return hashlib.sha256(b"\x00" + shown + bytes.fromhex(proof["hidden"])).digest()


def root_from_path(leaf: bytes, place: int, leaves: int, path: list[str]) -> bytes:
    """RFC 9162, 2.1.3.2: the root that a leaf at `place` of `leaves` makes with its audit path."""
    if not 0 <= place < leaves:
        raise ValueError("the place is not in the tree")
    node, last, made = place, leaves - 1, leaf
    for step in path:
        beside = bytes.fromhex(step)
        if last == 0:
            raise ValueError("the path is too long")
        if node % 2 or node == last:
            made = hashlib.sha256(b"\x01" + beside + made).digest()
            while node % 2 == 0 and node:
                node, last = node // 2, last // 2
        else:
            made = hashlib.sha256(b"\x01" + made + beside).digest()
        node, last = node // 2, last // 2
    if last:
        raise ValueError("the path is too short")
    return made


def fields_of(statement: str) -> dict[str, str]:
    """The lines of a signed statement by their first word."""
    return dict(line.split(" ", 1) for line in statement.splitlines()[1:])


def is_signed(text: str, signature: str, key: str) -> bool:
    try:
        public = Ed25519PublicKey.from_public_bytes(base64.b64decode(key))
        public.verify(base64.b64decode(signature), text.encode())
    except (InvalidSignature, ValueError):
        return False
    return True


def problems_of_keys(listed: list[dict], known: str | None, signer: str, day: str) -> list[str]:
    """Whether the published keys follow each other, and lead from the one that is known to the one that signed.

    A key's statement holds the digest of the one before it, so a known key binds all older ones; a newer one is bound
    by the signature of the key before it.
    """
    found, before = [], None
    numbers = {row["public_key"]: place for place, row in enumerate(listed)}
    if signer not in numbers or (known is not None and known not in numbers):
        return ["the key that signed, or the one you know, is not among the published keys"]
    for place, row in enumerate(listed):
        said = fields_of(row["statement"])
        digest = hashlib.sha256(before["statement"].encode()).hexdigest() if before else "0" * 64
        if (said["number"], said["key"], said["before"]) != (str(place + 1), row["public_key"], digest):
            found.append(f"key {place + 1} is not the one that follows")
        if not is_signed(row["statement"], row["signature"], row["public_key"]):
            found.append(f"key {place + 1} did not sign itself")
        needed = known is not None and numbers[known] < place <= numbers[signer]
        vouched = row.get("signature_before")
        if before and (vouched or needed) and not is_signed(row["statement"], vouched or "", before["public_key"]):
            found.append(f"key {place + 1} was not signed by the one before it")
        if before and before["public_key"] == signer and day >= said["since"]:
            found.append("the root is of a day when its key was over")
        before = row
    return found


def problems_of(proof: dict, published: dict | None, key: str | None, keys: list[dict] | None = None) -> list[str]:
    """Everything that does not hold; empty when all does."""
    found, root = [], proof["root"]
    signed = fields_of(root["statement"])
    first, last = int(signed["first"]), int(signed["last"])
    if proof["entry"] - first != proof["place"] or last - first + 1 != proof["leaves"]:
        found.append("the entry's number is not at that place of the tree")
    if int(proof["shown"].split("\t", 1)[0]) != proof["entry"]:
        found.append("the text shown is of another entry")
    if root_from_path(leaf_hash(proof), proof["place"], proof["leaves"], proof["path"]).hex() != signed["tree"]:
        found.append("the entry does not stand under this root")
    if not is_signed(root["statement"], root["signature"], root["public_key"]):
        found.append("the root is not signed with its key")
    if any(str(root[name]) != signed[name] for name in ("district", "day", "first", "last") if name in root):
        found.append("what stands beside the signed statement is not what it says")
    if keys is not None:
        found += problems_of_keys(keys, key, root["public_key"], signed["day"])
    elif key is not None and key != root["public_key"]:
        found.append("the root is signed with another key than the one you know")
    if published is not None and published["statement"] != root["statement"]:
        found.append("the published root is another one")
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description="Check an entry's proof offline.")
    parser.add_argument("proof", type=Path)
    parser.add_argument("--published", type=Path)
    parser.add_argument("--key")
    parser.add_argument("--keys", type=Path)
    given = parser.parse_args()
    try:
        proof = json.loads(given.proof.read_text(encoding="utf-8"))
        published = json.loads(given.published.read_text(encoding="utf-8")) if given.published else None
        keys = json.loads(given.keys.read_text(encoding="utf-8"))["items"] if given.keys else None
        problems = problems_of(proof, published, given.key, keys)
    except (KeyError, TypeError, ValueError) as unreadable:
        problems = [f"the proof cannot be read ({unreadable!r})"]
    for problem in problems:
        print(f"does not hold: {problem}")
    if not problems:
        print(f"holds: entry {proof['entry']} of {fields_of(proof['root']['statement'])['day']}")
        print(proof["shown"])
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
