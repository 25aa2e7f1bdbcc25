"""How the command line says no: the sentence in both languages, the code, exit code 2, and no traceback."""

from __future__ import annotations

from typing import Any

import click

from points.errors import Refused


class Commands(click.Group):
    """A group whose refusals are told, not thrown."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except Refused as refusal:
            click.secho(refusal.sentence("zh-CN"), err=True, fg="red")
            click.echo(refusal.sentence("en"), err=True)
            click.echo(f"code: {refusal.code}", err=True)
            ctx.exit(2)
