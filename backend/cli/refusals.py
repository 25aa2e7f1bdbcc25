"""How the command line says no: in both languages, with the code and exit code 2; of a rule pack all its problems."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import click

from points.errors import Refused

if TYPE_CHECKING:
    from points.rules import Problem


_SEVERITY = {"error": "（错误）", "warning": "（提醒）"}


class Commands(click.Group):
    """A group whose refusals are told, not thrown."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except Refused as refusal:
            problems = _problems(refusal)
            for language, colour in (("zh-CN", "red"), ("en", None)):
                if not problems:
                    click.secho(refusal.sentence(language), err=True, fg=colour)
                show_problems(problems, language, err=True)
            click.echo(f"code: {refusal.code}", err=True)
            ctx.exit(2)


def _problems(refusal: Refused) -> list[Problem]:
    """All that is wrong with a rule pack; nothing for what is refused for one reason."""
    from points.rules import PackInvalid

    return refusal.problems if isinstance(refusal, PackInvalid) else []


def show_problems(problems: Iterable[Problem], language: str, *, err: bool = False) -> None:
    """Print each problem of a rule pack with its file and line."""
    for problem in problems:
        severity = f" ({problem.severity})" if language == "en" else _SEVERITY[problem.severity]
        click.echo(problem.say(language) + severity, err=err)
