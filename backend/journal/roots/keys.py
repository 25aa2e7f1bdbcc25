"""The keys that sign the roots, one after the other: each is published with its day, and signed by the one before it.

A key's statement holds the digest of the statement before it, so the newest key binds all that came before.
"""

from __future__ import annotations

import hashlib
from datetime import date

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import func, select

from backend.journal.epochs import refuse_signatures
from backend.journal.models import JournalEntry, JournalRoot, JournalRootKey
from backend.journal.roots.statement import NOTHING_BEFORE, is_signed, public_half, sign_with
from backend.kit import audit
from backend.kit.clock import now
from backend.kit.days import local_day
from backend.kit.db import db, ensure, transaction
from backend.wiring import root_key, root_key_before, settings
from points.errors import Category, kind

ROOT_KEY_UNKNOWN = kind(
    "root_key_unknown",
    Category.CONFLICT,
    zh="设置中的 root_key 不是已公布的最新公钥；请运行 civic ledger change-root-key --as 姓名。",
    en="The root_key of the settings is not the newest published one; run civic ledger change-root-key --as NAME.",
)
ROOT_KEY_SAME = kind(
    "root_key_same",
    Category.CONFLICT,
    zh="设置中的 root_key 已是公布的公钥，没有可更换的。",
    en="The root_key of the settings is published already; there is nothing to change.",
)
ROOT_KEY_BEFORE_MISSING = kind(
    "root_key_before_missing",
    Category.CONFLICT,
    zh="新公钥须由旧私钥签名：请设 secrets.root_key_before；旧私钥若已遗失，须两名工作人员签名并写明原因。",
    en="The key before signs the new one: set secrets.root_key_before; where it is lost, two members of staff sign "
    "with a reason.",
)
TITLE = "civic-points root key 1"


def keys() -> list[JournalRootKey]:
    """Every key that was published, oldest first; before the first root there is none."""
    query = select(JournalRootKey).order_by(JournalRootKey.number)
    return list(db.session.scalars(query.execution_options(populate_existing=True)))


def until(listed: list[JournalRootKey], key: JournalRootKey) -> date | None:
    """The day from which a key signs no more; None for the newest."""
    return listed[key.number].since if key.number < len(listed) else None


def signing_key() -> Ed25519PrivateKey:
    """The key of the settings, which must be the newest published one. Refused: `root_key_unknown`."""
    key = Ed25519PrivateKey.from_private_bytes(root_key())
    listed = keys() or [_publish_first(key)]
    if listed[-1].public_key != public_half(key):
        raise ROOT_KEY_UNKNOWN()
    return key


def change(staff: tuple[str, ...] = (), reason: str = "") -> JournalRootKey:
    """Publish the key of the settings after the one that signed until now, which vouches for it.

    The key before is `secrets.root_key_before`. Where it is lost, two of the `staff` say so with a `reason`, and nobody
    vouches for the new one. Refused: `root_key_same`, `root_key_before_missing`, `bad_staff`.
    """
    key, listed = Ed25519PrivateKey.from_private_bytes(root_key()), keys()
    if not listed or public_half(key) in [each.public_key for each in listed]:
        raise ROOT_KEY_SAME()
    last, before = listed[-1], _before()
    if before is None or public_half(before) != last.public_key:
        before = None
        if not staff:
            raise ROOT_KEY_BEFORE_MISSING()
        refuse_signatures(settings().service.districts[0], staff, reason)
    text = statement_of(last.number + 1, public_half(key), local_day(now()), last.statement)
    with transaction() as session:
        made = _row(last.number + 1, key, text, local_day(now()))
        made.signature_before = sign_with(before, text) if before is not None else None
        session.add(made)
        for district in settings().service.districts:
            audit.record(
                district,
                "console",
                "journal.root_key_changed",
                str(made.number),
                public_key=made.public_key,
                vouched_for=before is not None,
                staff="、".join(staff),
                reason=reason[:200],
            )
    return made


def statement_of(number: int, public_key: str, since: date, before: str | None) -> str:
    """What is signed of a key; `before` is the statement of the one before it."""
    digest = hashlib.sha256(before.encode()).hexdigest() if before else NOTHING_BEFORE
    lines = (TITLE, f"number {number}", f"key {public_key}", f"since {since.isoformat()}", f"before {digest}", "")
    return "\n".join(lines)


def problem_of(listed: list[JournalRootKey]) -> str | None:
    """What does not hold of the published keys; None when all does, and the newest is that of the settings."""
    before: JournalRootKey | None = None
    for number, key in enumerate(listed, 1):
        if key.statement != statement_of(number, key.public_key, key.since, before.statement if before else None):
            return f"key {number} is not what follows"
        if not is_signed(key.statement, key.signature, key.public_key):
            return f"key {number} did not sign itself"
        vouched = key.signature_before
        if before is not None and vouched and not is_signed(key.statement, vouched, before.public_key):
            return f"key {number} was not signed by the one before"
        before = key
    if before is not None and before.public_key != public_half(Ed25519PrivateKey.from_private_bytes(root_key())):
        return "the newest key is not that of the settings"
    return None


def _before() -> Ed25519PrivateKey | None:
    raw = root_key_before()
    return Ed25519PrivateKey.from_private_bytes(raw) if raw else None


def _publish_first(key: Ed25519PrivateKey) -> JournalRootKey:
    """The first one is that of the roots that are there, else of today. It vouches for itself."""
    first = db.session.execute(select(JournalRoot.day, JournalRoot.public_key).order_by(JournalRoot.day)).first()
    if first is not None and first.public_key != public_half(key):
        raise ROOT_KEY_UNKNOWN()
    since = first.day if first is not None else _first_day()
    row = _row(1, key, statement_of(1, public_half(key), since, None), since)
    with transaction():
        ensure(JournalRootKey, {name: getattr(row, name) for name in _COLUMNS})
    return keys()[0]


def _first_day() -> date:
    """The first day that any root will be of."""
    at = db.session.scalar(select(func.min(JournalEntry.at)).where(JournalEntry.number == 1))
    return local_day(at or now())


_COLUMNS = ("number", "public_key", "since", "statement", "signature", "signature_before")


def _row(number: int, key: Ed25519PrivateKey, text: str, since: date) -> JournalRootKey:
    return JournalRootKey(
        number=number,
        public_key=public_half(key),
        since=since,
        statement=text,
        signature=sign_with(key, text),
        signature_before=None,
    )
