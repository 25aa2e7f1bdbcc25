"""The commands of `civic rules`: check packs and their cases, decide one event, simulate a period."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from backend.cli.named import AS

FILES = click.argument("files", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path))
FILE = click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
LANGUAGE = click.option("--language", default="zh-CN", show_default=True, help="zh-CN or en")


@click.group()
def rules() -> None:
    """Rule packs: the district's published detailed rules."""


@rules.command()
@FILES
@LANGUAGE
@click.option("--json", "as_data", is_flag=True, help="problems and failed cases as JSON")
def check(files: tuple[Path, ...], language: str, as_data: bool) -> None:
    """Check packs, and run the cases found beside them in `cases/`.

    Ends with code 1 when a pack has an error or a case comes out otherwise than it says.
    """
    from backend.cli.rules_check import checked, show

    reports = [checked(file) for file in files]
    if as_data:
        click.echo(json.dumps([report.to_data() for report in reports], ensure_ascii=False, indent=2))
    else:
        show(reports, language)
    if not all(report.good for report in reports):
        raise SystemExit(1)


@rules.command()
@FILE
@click.argument("event", type=click.File("r", encoding="utf-8"), default="-")
@LANGUAGE
@click.option("--say", is_flag=True, help="sentences instead of JSON")
def decide(file: Path, event: Any, language: str, say: bool) -> None:
    """Decide one EVENT (a JSON file, or standard input) by a pack; the decision comes as JSON.

    The JSON holds `event`, and `facts` with `decided_at` and those `tallies` that are not 0. Nothing is written.
    """
    from backend.cli.rules_decide import decided

    text, sentences = decided(file, event.read(), language)
    click.echo("\n".join(sentences) if say else text)


@rules.command()
@FILE
@click.option("--against", default="history", show_default=True, help="`history`: the real deeds; or a CSV of deeds")
@click.option(
    "--beside",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="another pack to compare with (with history: the pack in force, if not given)",
)
@click.option("--data", metavar="DIR", help="the data directory (default .civic)")
@click.option("--from", "first", metavar="DAY", help="first local day, such as 2026-01-01")
@click.option("--to", "last", metavar="DAY", help="last local day")
@click.option("--csv", "table", type=click.Path(path_type=Path), help="write the table to this file")
@click.option("--picture", "picture_file", type=click.Path(path_type=Path), help="write a picture (SVG) to this file")
@click.option("--fit", type=click.IntRange(min=1), metavar="POINTS", help="propose a factor that fits this budget")
@click.option("--attach", is_flag=True, help="keep the result with the pack that was handed in, for publishing it")
@click.option("--as", "by", metavar="NAME", help="with --attach: the member of staff who does this")
@LANGUAGE
def simulate(**asked: Any) -> None:
    """Replay a period's deeds through a pack, beside the one in force.

    Nothing is written to the books, but with --attach the table, for the pack of that very text.
    """
    from backend.cli.existing import refuse_nothing
    from backend.cli.rules_simulate import run

    if asked["attach"]:
        refuse_nothing(asked["data"])
    run(**asked)


@rules.command()
@FILE
@AS
@click.option("--data", metavar="DIR", help="the data directory (default .civic)")
@click.option("--from", "first", metavar="DAY", help="first local day of the simulation")
@click.option("--to", "last", metavar="DAY", help="last local day of the simulation")
def publish(file: Path, by: str, data: str | None, first: str | None, last: str | None) -> None:
    """Publish a pack, which takes two people: the first NAME hands it in, another NAME puts it in force.

    Handing in runs its cases and tries it on all deeds of the period. Running it again as the author tries it anew.
    """
    from backend.cli.existing import refuse_nothing
    from backend.cli.rules_publish import run

    refuse_nothing(data)
    run(file, by, data, first, last)
