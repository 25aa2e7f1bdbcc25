"""The commands of `civic rules`: check packs and their cases, decide one event, simulate a period."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from backend.cli.named import AS
from backend.cli.where import DATA, ONE_DISTRICT

FILES = click.argument("files", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path))
FILE = click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
LANGUAGE = click.option("--language", type=click.Choice(["zh-CN", "en"]), default="zh-CN", show_default=True)
YES = click.option("--yes", is_flag=True, help="do not ask whether to go on; for scripts")


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
@click.argument("event", type=click.File("rb"), default="-")
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
@DATA
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
@click.argument("new", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.argument("old", required=False, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@DATA
def diff(new: Path, old: Path | None, data: str | None) -> None:
    """Say in words what the pack NEW changes, beside the pack OLD, or the one in force when none is given."""
    from backend.cli.rules_diff import run

    run(new, old, data)


@rules.command()
@FILE
@AS
@DATA
@click.option("--from", "first", metavar="DAY", help="first local day of the simulation")
@click.option("--to", "last", metavar="DAY", help="last local day of the simulation")
@YES
def publish(*, file: Path, by: str, data: str | None, first: str | None, last: str | None, yes: bool) -> None:
    """Publish a pack, which takes two people of the staff: NAME hands it in, another NAME puts it in force.

    Handing in runs its cases and tries it on all deeds of the period; again as the author, it takes mended cases and is
    tried anew. The second person is shown what changes, the cases and the simulation, and asked. Each proves that it
    is them by password and one-time code.
    """
    from backend.cli.existing import refuse_nothing
    from backend.cli.rules_publish import run

    refuse_nothing(data)
    run(file, by, data, first, last, yes=yes)


@rules.command()
@FILE
@AS
@DATA
def withdraw(file: Path, by: str, data: str | None) -> None:
    """Take a pack back that NAME handed in and nobody published."""
    from backend.cli.existing import refuse_nothing
    from backend.cli.rules_publish import withdraw as take_back

    refuse_nothing(data)
    take_back(file, by, data)


@rules.command()
@click.argument("digest")
@AS
@DATA
@click.option("--reason", help="why it is wrong; for the first person")
@ONE_DISTRICT
@YES
def suspend(*, digest: str, by: str, data: str | None, reason: str | None, district: str | None, yes: bool) -> None:
    """Stop a published pack at once, by two people; DIGEST is the beginning of its digest, as `publish` prints it."""
    from backend.cli.existing import refuse_nothing
    from backend.cli.rules_suspend import run

    refuse_nothing(data)
    run(digest, by, reason, district, data, yes=yes)
