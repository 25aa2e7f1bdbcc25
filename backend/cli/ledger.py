"""`civic ledger`: whether ledger and journal say the same, one put together from the other, an account read."""

from __future__ import annotations

from datetime import datetime

import click
from rich.console import Console

from backend.cli.existing import refuse_nothing
from backend.cli.named import AS, write_down
from backend.cli.progress import bar
from backend.cli.where import DATA, ONE_DISTRICT

MOMENT = click.DateTime(["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S.%f"])
DISTRICT = click.option("--district", help="six digits (default: every district of the settings)")


@click.group()
def ledger() -> None:
    """The ledger and its journal."""


def _districts(given: str | None) -> list[str]:
    """Those of the settings, or the one that was named. Refused: `district_unknown`."""
    from backend.wiring import district_of, settings

    return list(settings().service.districts) if given is None else [district_of(given)]


@ledger.command("verify")
@DATA
@DISTRICT
def verify(data: str | None, district: str | None) -> None:
    """Recompute everything from the entries and compare; exit code 0 only when all holds.

    Of several districts also what went between them, pair by pair.
    A ledger that differs takes no postings until it was rebuilt, or verified whole.
    """
    from backend.cli.place import service
    from backend.crossings import agreeing
    from backend.journal.check import compare

    whole = True
    refuse_nothing(data)
    with service(data, opens=False):
        for name in _districts(district):
            with bar(Console(stderr=True), f"verify {name}") as progress:
                found = compare(name, progress, closes=True)
            click.echo(found.line)
            whole = whole and found.holds
        for between in agreeing.compare(_districts(district)):
            click.echo(between.line)
            whole = whole and not between.difference
    raise SystemExit(0 if whole else 1)


@ledger.command("rebuild")
@DATA
@DISTRICT
@click.option("--into", metavar="URL", help="fill an empty server at this address instead of the one of the settings")
@click.option("--replace", is_flag=True, help="throw away what the ledger's server holds (after a tear or a fork)")
@click.option(
    "--given-up-by",
    "staff",
    multiple=True,
    metavar="NAME",
    help="twice, for two of the staff, who type their passwords: who gives up what cannot be copied",
)
@click.option("--reason", default="", help="why it is given up")
@AS
def rebuild(  # noqa: PLR0917 - given by name
    data: str | None,
    district: str | None,
    into: str | None,
    replace: bool,
    staff: tuple[str, ...],
    reason: str,
    by: str,
) -> None:
    """Fill a ledger from the journal.

    A ledger that holds anything is refused; with --replace, what it holds is thrown away first.
    """
    from backend.cli.acting import both
    from backend.cli.elsewhere import elsewhere
    from backend.cli.place import service
    from backend.journal import rebuilding

    refuse_nothing(data)
    with service(data, opens=False):
        for name in _districts(district):
            if staff:
                both(name, staff, "ledger.give_up")
            write_down(name, by, "ledger.rebuild", name, replace=replace, elsewhere=into is not None)
            with bar(Console(stderr=True), f"rebuild {name}") as progress:
                if into:
                    made = rebuilding.rebuild_into(elsewhere(into, name), name, progress)
                elif replace:
                    made = rebuilding.replace(name, staff, reason, progress)
                else:
                    made = rebuilding.rebuild(name, progress)
            click.echo(f"{name} 账本已重建至第 {made.number} 笔 · rebuilt up to entry {made.number} {made.hash}")
        if not into:
            _sign_everybody_out()


@ledger.command("epochs")
@DATA
@DISTRICT
def list_epochs(data: str | None, district: str | None) -> None:
    """When and why the ledger was put together anew, what was given up, and by whom; newest first."""
    from backend.cli.place import service
    from backend.journal import epochs

    refuse_nothing(data)
    with service(data, opens=False):
        for name in _districts(district):
            for begun in epochs.history(name):
                who = f"\t{'、'.join(begun.staff)}\t{begun.reason}" if begun.given_up else ""
                since = f"epoch {begun.epoch}\tafter entry {begun.number}\t{begun.at:%Y-%m-%d %H:%M}Z"
                click.echo(f"{name}\t{since}\t{begun.why}\tgiven up {begun.given_up}{who}")
            click.echo(f"{name} 现为第 {epochs.current(name)} 纪元 · epoch {epochs.current(name)} now")


@ledger.command("catch-up")
@DATA
@DISTRICT
@AS
def catch_up(data: str | None, district: str | None, by: str) -> None:
    """Match ledger and journal, bring the one that is behind to the other's end, and open the ledger."""
    from backend.cli.place import service
    from backend.journal import rebuilding

    refuse_nothing(data)
    with service(data, opens=False):
        for name in _districts(district):
            write_down(name, by, "ledger.catch_up", name)
            with bar(Console(stderr=True), f"catch up {name}") as progress:
                made = rebuilding.catch_up(name, progress)
            click.echo(
                f"{name} 账本与流水同至第 {made.number} 笔，已开放 · both at entry {made.number}, open for postings"
            )


@ledger.command("archive")
@DATA
@DISTRICT
@AS
def archive(data: str | None, district: str | None, by: str) -> None:
    """Write the journal's new entries to the archive, read them again, and trim the stream behind them."""
    from backend.cli.place import service
    from backend.journal import archive as archives

    refuse_nothing(data)
    with service(data, opens=False):
        for name in _districts(district):
            write_down(name, by, "ledger.archive", name)
            reached = archives.carry_on(name)
            click.echo(f"{name} 存档至第 {reached} 笔 · archived up to entry {reached}")


@ledger.command("restore")
@DATA
@DISTRICT
@click.argument("folder", type=click.Path(exists=True, file_okay=False))
@AS
def restore(data: str | None, district: str | None, folder: str, by: str) -> None:
    """Carry the journal on from an archive in FOLDER: an empty one, or one that an old backup left behind."""
    from pathlib import Path

    from backend.cli.place import service
    from backend.journal import archive as archives

    with service(data, opens=False):
        for name in _districts(district):
            write_down(name, by, "ledger.restore", name)
            with bar(Console(stderr=True), f"restore {name}") as progress:
                reached = archives.restore(name, Path(folder), progress)
            click.echo(f"{name} 流水已恢复至第 {reached} 笔 · journal restored up to entry {reached}")
        _sign_everybody_out()


def _sign_everybody_out() -> None:
    """Who signed in before may be another person by the books of now."""
    import redis
    from flask import current_app

    try:
        current_app.extensions["civic_sessions"].end_everything()
    except redis.RedisError as error:
        told = (
            f"缓存服务器不可用，登录未能结束：请清空它 · the cache does not answer, sign-ins go on: empty it ({error})"
        )
        click.echo(told, err=True)
    else:
        click.echo("所有登录已结束 · everybody is signed out")


@ledger.command("change-root-key")
@DATA
@click.option("--lost-by", "staff", multiple=True, metavar="NAME", help="twice: who says that the old key is lost")
@click.option("--reason", default="", help="how it was lost")
@AS
def change_root_key(data: str | None, staff: tuple[str, ...], reason: str, by: str) -> None:
    """Publish a new secrets.root_key after the old one (secrets.root_key_before), which signs it."""
    from backend.cli.place import service
    from backend.journal.roots.keys import change
    from backend.journal.roots.publishing import publish_keys

    refuse_nothing(data)
    with service(data, opens=False):
        write_down(_districts(None)[0], by, "journal.change_root_key", "root_key")
        made = change(staff, reason)
        publish_keys()
        click.echo(f"新公钥 {made.public_key} 自 {made.since} 起签名 · key {made.number} signs from {made.since} on")


@ledger.command("statement")
@DATA
@click.argument("account")
@ONE_DISTRICT
@AS
@click.option("--at", type=MOMENT, help="as it stood at this moment of the past (local time), with the balance then")
def statement(data: str | None, account: str, district: str | None, by: str, at: datetime | None) -> None:
    """Every movement of ACCOUNT (`fund:civic`, `resident:…`, `merchant:…`), newest first."""
    from backend.cli.place import service
    from backend.cli.statement import print_statement, refuse_unknown

    refuse_unknown(account)
    refuse_nothing(data)
    with service(data, opens=False):
        print_statement(_districts(district)[0], account, by, at)
