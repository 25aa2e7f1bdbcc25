"""Before a command looks or acts: where the service keeps what it has, and for which district."""

from __future__ import annotations

import click

DATA = click.option("--data", metavar="DIR", help="the data directory (default .civic)")
ONE_DISTRICT = click.option("--district", help="six digits (default: the first one of the settings)")
