"""The factory: the one place that knows every feature."""

from __future__ import annotations

from collections.abc import Callable

import structlog
from flask import Flask
from flask_migrate import Migrate
from redis import RedisError
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.middleware.proxy_fix import ProxyFix

from backend import settings as settings_module
from backend.features import ENDPOINTS, PLAIN
from backend.journal.commits import DistrictJournal
from backend.journal.server_settings import memory_share
from backend.journal.service import entry as entry_of
from backend.journal.service import head_number
from backend.kit import errors, observe, outbox
from backend.kit.db import db, engine_options, prepare_engine
from backend.kit.http.api import prepare
from backend.kit.http.service import Service
from backend.kit.limits import limit_requests
from backend.settings import ROOT, SETTINGS_WRONG, Settings
from backend.wiring import Parts, answers, ledger, parts, wire
from points.clock import Clock, SystemClock
from points.errors import Refused


def create_app(settings: Settings | None = None, clock: Clock | None = None) -> Flask:
    """The whole service as a WSGI application. Tests hand in their own settings and clock."""
    settings = settings or settings_module.load()
    if not (settings.redis.url and settings.cache.url):
        raise SETTINGS_WRONG(problems="redis.url, cache.url: missing (`civic up` brings servers of its own)")
    app = Service("civic", static_folder=None)
    app.url_map.strict_slashes = False
    if settings.service.trusted_proxies:
        hops = settings.service.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=0)  # type: ignore[method-assign]  # as Flask says to wrap it
    _open_books(app, settings)
    parts = wire(app, settings, clock or SystemClock())
    parts.journal, parts.entry_of = DistrictJournal, entry_of
    observe.watch(app, _checks(app, parts), lambda: _measure(settings), public_metrics=settings.service.public_metrics)
    errors.register(app)
    limit_requests(app, settings.limits, settings.cache.url)
    prepare(app, ENDPOINTS, public_docs=settings.service.public_docs, body_bytes=settings.limits.body_bytes)
    for blueprint in PLAIN:
        app.register_blueprint(blueprint)
    return app


def _open_books(app: Flask, settings: Settings) -> None:
    app.config["SQLALCHEMY_DATABASE_URI"] = settings.database_url
    app.config["SQLALCHEMY_ENGINE_OPTIONS"] = engine_options(settings.database_url)
    db.init_app(app)
    with app.app_context():
        prepare_engine(db.engine)
    Migrate(app, db, directory=str(ROOT / "backend" / "migrations"))


def _measure(settings: Settings) -> None:
    """Set the gauges: the ledger's memory, the journal's lag, what waits to be sent. What is down keeps its figure."""
    try:
        observe.MEMORY.set(max(map(memory_share, parts().ledger_servers())))
        for district in settings.service.districts:
            observe.LAG.labels(district).set(ledger(district).head().number - head_number(district))
        observe.WAITING.set(outbox.waiting())
    except (Refused, SQLAlchemyError, RedisError) as error:
        structlog.get_logger().warning("not_measured", reason=type(error).__name__)
    finally:
        db.session.rollback()


def _checks(app: Flask, parts: Parts) -> dict[str, Callable[[], bool]]:
    def books() -> bool:
        try:
            db.session.execute(text("SELECT 1"))
        except Exception:  # noqa: BLE001 - whatever it is, the books do not answer
            return False
        finally:
            db.session.rollback()
        return True

    return {
        "books": books,
        "ledger": lambda: answers(parts.ledger_answers),
        "cache": lambda: answers(parts.cache.ping),
    }
