"""The two yardsticks for redemptions over HTTP, behind the same web server: an empty view, and the plain ORM way.

gunicorn 'benchmarks.http_apps:empty()'      BENCH_DATABASE_URL=... gunicorn 'benchmarks.http_apps:plain()'
"""

from __future__ import annotations

import os

from flask import Flask, Response, jsonify, request
from sqlalchemy import create_engine

from benchmarks.baselines.redeem_orm import redeem

MERCHANT = 1_000_000


def empty() -> Flask:
    """Flask with one view that does nothing."""
    app = Flask("empty")
    app.add_url_rule("/api/v1/redemptions", "redemptions", lambda: jsonify(id="", points=0), methods=["POST"])
    app.add_url_rule("/healthz", "healthz", lambda: jsonify(status="ok"))
    return app


def plain() -> Flask:
    """The same redemption as most would write it: a row lock on the resident, the merchant and the stock."""
    app = Flask("plain")
    engine = create_engine(os.environ["BENCH_DATABASE_URL"], pool_size=32, max_overflow=0)

    def view() -> tuple[Response, int]:
        body = request.get_json()
        key = request.headers["Idempotency-Key"]
        redeem(engine, key, int(request.headers["Authorization"].rpartition(" ")[2]), MERCHANT, int(body["quantity"]))
        return jsonify(id=key, points=body["quantity"]), 201

    app.add_url_rule("/api/v1/redemptions", "redemptions", view, methods=["POST"])
    app.add_url_rule("/healthz", "healthz", lambda: jsonify(status="ok"))
    return app
