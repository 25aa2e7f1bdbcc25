"""Bringing the books' tables up to date before anything uses them."""

from __future__ import annotations

import flask_migrate
from flask import Flask
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from backend.kit.db import db
from points.errors import Category, kind

DATABASE_UNREACHABLE = kind(
    "database_unreachable",
    Category.UNAVAILABLE,
    zh="无法使用数据库（{reason}）。请检查 CIVIC_DATABASE_URL。",
    en="The database cannot be used ({reason}). Check CIVIC_DATABASE_URL.",
    retry=True,
)


def migrate(app: Flask) -> None:
    """Run all migrations that are missing; refused with `database_unreachable` when the database cannot be used."""
    with app.app_context():
        try:
            db.session.execute(text("SELECT 1"))
        except SQLAlchemyError as error:
            reason = str(getattr(error, "orig", error)).strip().splitlines()[0]
            raise DATABASE_UNREACHABLE(reason=reason) from error
        finally:
            db.session.rollback()
        flask_migrate.upgrade()
        db.session.remove()
