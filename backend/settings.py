"""Before anything runs: settings from TOML and the environment, refused loudly when unknown, wrong or missing."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import cache
from pathlib import Path
from typing import Any, get_type_hints

from marshmallow import RAISE, Schema, ValidationError, validate
from marshmallow import fields as f
from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

from points.errors import Category, kind

DATABASES = ("sqlite", "postgresql+psycopg")
ROOT = Path(__file__).resolve().parent.parent
CONFIG = ROOT / "config"

SETTINGS_WRONG = kind(
    "settings_wrong",
    Category.INVALID,
    zh="配置有误：{problems}",
    en="The settings are wrong: {problems}",
)


@dataclass(frozen=True)
class Service:
    environment: str
    districts: list[str]
    timezone: str
    data_dir: str
    public_docs: bool
    public_metrics: bool
    trusted_proxies: int
    log_level: str
    web_threads: int
    web_workers: int
    console_trusts_names: bool


@dataclass(frozen=True)
class Database:
    url: str


@dataclass(frozen=True)
class Redis:
    url: str
    level: str
    replicas: int
    wait_seconds: float
    fenced: bool
    skew_seconds: float


@dataclass(frozen=True)
class Cache:
    url: str


@dataclass(frozen=True)
class Secrets:
    signing_key: str
    field_key: str
    index_key: str
    root_key: str
    root_key_before: str

    def __repr__(self) -> str:
        return "Secrets(…)"


@dataclass(frozen=True)
class WeChat:
    app_id: str
    secret: str
    emulator_url: str
    push_token: str
    push_aes_key: str

    def __repr__(self) -> str:
        return f"WeChat(app_id={self.app_id!r}, …)"


@dataclass(frozen=True)
class Sessions:
    resident_idle_days: int
    resident_days: int
    staff_idle_minutes: int
    staff_hours: int
    clerk_idle_minutes: int
    clerk_hours: int


@dataclass(frozen=True)
class Redemption:
    code_seconds: int
    hold_minutes: int
    lookup_minutes: int


@dataclass(frozen=True)
class Photos:
    max_bytes: int
    max_pixels: int
    per_day: int


@dataclass(frozen=True)
class Limits:
    body_bytes: int
    sign_in_per_minute: int
    requests_per_minute: int
    enabled: bool


@dataclass(frozen=True)
class Repeats:
    keep_days: int


@dataclass(frozen=True)
class Acts:
    per_day: int
    days_back: int


@dataclass(frozen=True)
class Appeals:
    file_within_days: int
    working_days: int
    working_days_when_others_must_check: int


@dataclass(frozen=True)
class Approvals:
    top_up_points_alone_a_day: int


@dataclass(frozen=True)
class Journal:
    prove_at_start: bool
    trim: str
    archive_dir: str
    roots_dir: str


@dataclass(frozen=True)
class Settings:
    """All settings, one frozen section each."""

    service: Service
    database: Database
    redis: Redis
    cache: Cache
    secrets: Secrets
    wechat: WeChat
    sessions: Sessions
    redemption: Redemption
    photos: Photos
    limits: Limits
    repeats: Repeats
    acts: Acts
    appeals: Appeals
    approvals: Approvals
    journal: Journal

    @property
    def data_dir(self) -> Path:
        return Path(self.service.data_dir).resolve()

    @property
    def worker_ready(self) -> Path:
        """Where a worker writes its process id once it works; for whoever started it."""
        return self.data_dir / "run" / "worker.ready"

    @property
    def production(self) -> bool:
        return self.service.environment == "production"

    @property
    def database_url(self) -> str:
        """The SQL database, SQLite in the data directory when none is named."""
        return self.database.url or f"sqlite:///{self.data_dir / 'books.sqlite'}"


_ONE_OF = {
    "service.environment": ("development", "production"),
    "redis.level": ("disk", "replica", "journal"),
    "journal.trim": ("committed", "archived", "never"),
    "service.log_level": ("debug", "info", "warning", "error"),
}
_MUST_BE_POSITIVE = (int, float)
_MOST = 10**9
"""No clock counts seconds much further."""
_WHILE_CHANGED = ("root_key_before",)
_MAY_BE_ZERO = ("service.trusted_proxies",)


def load(
    environ: Mapping[str, str] | None = None, overrides: Mapping[str, Mapping[str, Any]] | None = None
) -> Settings:
    """Read default.toml, its overlay, CIVIC_CONFIG, CIVIC_* variables and `overrides`, in that order.

    Raises Refused `settings_wrong`, naming every problem at once.
    """
    environ = os.environ if environ is None else environ
    values = _read(CONFIG / "default.toml")
    if environ.get("CIVIC_SERVICE_ENVIRONMENT") == "production":
        _lay_over(values, _read(CONFIG / "production.toml"))
    if environ.get("CIVIC_CONFIG"):
        _lay_over(values, _read(Path(environ["CIVIC_CONFIG"])))
    problems = _lay_environment_over(values, environ)
    _lay_over(values, {name: dict(section) for name, section in (overrides or {}).items()})
    try:
        loaded = _schema()().load(values)
    except ValidationError as error:
        problems += _sentences(error.messages)
    else:
        problems += _wrong_database(loaded["database"]["url"])
    if problems:
        raise SETTINGS_WRONG(problems="; ".join(sorted(problems)))
    settings = Settings(**{name: _sections()[name](**section) for name, section in loaded.items()})
    _refuse_unsafe(settings)
    return settings


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SETTINGS_WRONG(problems=f"{path}: {error}") from error


def _lay_over(values: dict[str, Any], over: Mapping[str, Any]) -> None:
    for name, section in over.items():
        if isinstance(section, dict) and isinstance(values.get(name), dict):
            values[name] |= section
        else:
            values[name] = section


def _lay_environment_over(values: dict[str, Any], environ: Mapping[str, str]) -> list[str]:
    """Put CIVIC_* variables in; answer a sentence for each that names nothing or whose file cannot be read."""
    problems = []
    known = {f"CIVIC_{s}_{k.name}".upper(): (s, k.name) for s, cls in _sections().items() for k in fields(cls)}
    for variable, text in environ.items():
        if not variable.startswith("CIVIC_") or variable in ("CIVIC_CONFIG",) or variable.startswith("CIVIC_TEST_"):
            continue
        target = known.get(variable)
        if target is None and variable.endswith("_FILE"):
            target = known.get(variable.removesuffix("_FILE"))
            try:
                text = Path(text).read_text(encoding="utf-8").strip()  # noqa: PLW2901 - the file stands for its text
            except OSError as error:
                problems.append(f"{variable}: {error}")
                continue
        if target is None:
            problems.append(f"{variable}: unknown")
            continue
        section, key = target
        is_list = get_type_hints(_sections()[section])[key] == list[str]
        values.setdefault(section, {})[key] = [part.strip() for part in text.split(",")] if is_list else text
    return problems


@cache
def _sections() -> dict[str, Any]:
    return {name: hint for name, hint in get_type_hints(Settings).items() if name != "return"}


@cache
def _schema() -> type[Schema]:
    """A marshmallow schema that follows the dataclasses and refuses unknown keys."""
    nested: dict[str, Any] = {
        name: f.Nested(
            Schema.from_dict({key: _field(f"{name}.{key}", hint) for key, hint in get_type_hints(cls).items()}),
            required=True,
            unknown=RAISE,
        )
        for name, cls in _sections().items()
    }
    return Schema.from_dict(nested)


def _field(name: str, hint: Any) -> f.Field[Any]:
    checks: list[Any] = [validate.OneOf(_ONE_OF[name])] if name in _ONE_OF else []
    if hint in _MUST_BE_POSITIVE:
        checks.append(validate.Range(min=0, max=_MOST, min_inclusive=name in _MAY_BE_ZERO))
    if hint == list[str]:
        return f.List(f.String(validate=validate.Regexp(r"\d{6}")), required=True, validate=validate.Length(min=1))
    made: dict[Any, type[f.Field[Any]]] = {str: f.String, int: f.Integer, float: f.Float, bool: f.Boolean}
    return made[hint](required=True, validate=checks)


def _sentences(messages: Any, path: str = "") -> list[str]:
    if isinstance(messages, dict):
        return [s for key, value in messages.items() for s in _sentences(value, f"{path}.{key}".strip("."))]
    return [f"{path}: {' '.join(map(str, messages))}"]


def _wrong_database(url: str) -> list[str]:
    """A sentence when the address of the books is none that we can use; empty means SQLite in the data directory."""
    try:
        driver = make_url(url).drivername if url else DATABASES[0]
    except ArgumentError:
        driver = "unreadable"
    return [] if driver in DATABASES else [f"database.url: {driver}; must begin with " + " or ".join(DATABASES)]


def _refuse_unsafe(settings: Settings) -> None:
    """Production does not start with defaults: every secret is given, and is long enough (security: no weak keys)."""
    if settings.journal.trim == "archived" and not settings.journal.archive_dir:
        raise SETTINGS_WRONG(problems="journal.archive_dir: missing, but journal.trim waits for the archive")
    if not settings.production:
        return
    if not settings.redis.fenced:
        raise SETTINGS_WRONG(problems="redis.fenced: must be true in production")
    if settings.service.console_trusts_names:
        raise SETTINGS_WRONG(problems="service.console_trusts_names: must be false in production")
    given = settings.secrets
    missing = [
        f"secrets.{k.name}"
        for k in fields(Secrets)
        if k.name not in _WHILE_CHANGED and len(getattr(given, k.name)) < 32
    ]
    missing += [
        f"{s}.{k}"
        for s, k in (
            ("database", "url"),
            ("redis", "url"),
            ("cache", "url"),
            ("wechat", "app_id"),
            ("wechat", "secret"),
        )
        if not getattr(getattr(settings, s), k)
    ]
    if missing:
        raise SETTINGS_WRONG(problems="missing or too short in production: " + ", ".join(missing))
