"""The one command, `civic`, and what it can do."""

from __future__ import annotations

import json

import click

from backend.cli.doctor import doctor
from backend.cli.ledger import ledger
from backend.cli.named import AS, actor
from backend.cli.refusals import Commands
from backend.cli.rules import rules
from backend.cli.tickets import tickets
from backend.cli.where import DATA, ONE_DISTRICT
from backend.kit.auth.permissions import STAFF_ROLES
from backend.kit.log_lines import start_logging

PORT = click.option("--port", default=8000, show_default=True, metavar="N", help="where the API listens")


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="civic-points")
def cli() -> None:
    """居民文明行为激励服务 · a district's civic incentive scheme."""
    start_logging("warning")


@cli.command()
@DATA
@PORT
def up(data: str | None, port: int) -> None:
    """Start everything on this machine; stays until Ctrl-C."""
    from backend.cli.up import run

    run(data, port)


@cli.command()
@DATA
@PORT
@click.option("--exit", "leave", is_flag=True, help="end after the story instead of staying up")
def demo(data: str | None, port: int, leave: bool) -> None:
    """Start everything and tell the main job as a story, with its figures."""
    from backend.cli.demo import run_demo

    run_demo(data, port, leave=leave)


@cli.group()
def staff() -> None:
    """The district's staff."""


@staff.command("create")
@DATA
@click.argument("name")
@click.option(
    "--role",
    "roles",
    multiple=True,
    required=True,
    type=click.Choice(sorted(r.value for r in STAFF_ROLES)),
    help="repeatable",
)
@ONE_DISTRICT
@AS
def staff_create(data: str | None, name: str, roles: tuple[str, ...], district: str | None, by: str) -> None:
    """Invite NAME; prints the one-time token with which the password is set (PUT /api/v1/staff/password)."""
    from backend.cli.existing import refuse_nothing
    from backend.cli.place import service
    from backend.kit.auth import Role
    from backend.staff.service import invite

    refuse_nothing(data)
    with service(data):
        invited = invite(district, actor(by), name, [Role(role) for role in roles])
        click.echo(
            json.dumps({"id": invited.staff.id, "name": name, "setup_token": invited.setup_token}, ensure_ascii=False)
        )


@cli.command()
@DATA
def openapi(data: str | None) -> None:
    """Print the OpenAPI description."""
    from backend.app import create_app
    from backend.cli.place import Place, place

    here = place(data)
    always = {"CIVIC_SERVICE_PUBLIC_DOCS": "true", "CIVIC_LIMITS_ENABLED": "false"}
    client = create_app(Place(here.data_dir, {**here.environ, **always}).settings()).test_client()
    click.echo(client.get("/api/v1/openapi.json").get_data(as_text=True))


cli.add_command(ledger)
cli.add_command(doctor)
cli.add_command(rules)
cli.add_command(tickets)


if __name__ == "__main__":
    cli()
