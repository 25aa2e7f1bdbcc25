"""For developers: write the migration that leads from the last one to the models, `make migration M="what it adds"`."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import flask_migrate

from backend.app import create_app
from backend.cli.migrate import migrate
from backend.settings import ROOT, load

MIGRATIONS = ROOT / "backend" / "migrations"


def main(message: str, home: Path = MIGRATIONS) -> None:
    """Compare an empty database at the last migration with the models; the file gets the next number, and our style."""
    number = f"{len(list((home / 'versions').glob('[0-9]*.py'))) + 1:04}"
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{Path(folder) / 'books.sqlite'}"
        nowhere = {"url": "unix:///nowhere"}  # no table is in Redis
        given = {"database": {"url": url}, "redis": nowhere, "cache": nowhere, "service": {"data_dir": folder}}
        app = create_app(load({}, given))
        app.extensions["migrate"].migrate.directory = str(home)
        migrate(app)
        with app.app_context():
            flask_migrate.migrate(message=message, rev_id=number)


if __name__ == "__main__":
    main(sys.argv[1])
