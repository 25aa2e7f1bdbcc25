"""`civic demo`: start everything, tell the chapters in order, stay up or leave."""

from __future__ import annotations

from collections.abc import Callable
from zoneinfo import ZoneInfo

import click
from rich.console import Console

from backend.app import create_app
from backend.cli.demo import acts, figures, people, rewards, rules, service, tickets
from backend.cli.demo.memory import Memory
from backend.cli.demo.story import Story
from backend.cli.place import Place
from backend.cli.up import Up, run
from backend.kit.auth import Role
from backend.staff.service import invite
from points.errors import Category, kind

CODE_SECONDS = 5
"""How long a redemption code lives here, so that one can be seen to expire."""
CHAPTERS: list[Callable[[Story], object]] = [
    people.places,
    people.sign_ins,
    rules.rules_and_fund,
    acts.acts,
    service.check_in,
    tickets.report,
    service.check_out,
    tickets.others,
    rewards.explained,
    rewards.redeemed,
    figures.verified,
]
NEEDS_EMULATOR = kind(
    "demo_needs_emulator",
    Category.CONFLICT,
    zh="演示需要微信模拟器，不能与真实的小程序一起运行。",
    en="The demo needs the WeChat emulator; it does not run beside a real app.",
)


def run_demo(data: str | None, port: int, *, leave: bool) -> None:
    """`civic up`, then the story. With `leave` it ends after it, else it stays up until Ctrl-C."""
    console = Console(highlight=False, soft_wrap=True)

    def tell(up: Up, here: Place) -> bool:
        story = make_story(up, here, console)
        for chapter in CHAPTERS:
            if chapter(story) is False:
                raise click.ClickException("the ledger does not verify")
        console.print(f"\n   {up.api}/api/v1/docs   接口说明 · the API\n   {up.emulator}   微信模拟器 · the emulator")
        if not leave:
            console.print("   Ctrl-C 结束 · ends it")
        return not leave

    run(data, port, tell, CIVIC_REDEMPTION_CODE_SECONDS=str(CODE_SECONDS))


def make_story(up: Up, here: Place, console: Console) -> Story:
    """The story of a service that is up."""
    if up.emulator is None:
        raise NEEDS_EMULATOR()
    settings = here.settings()
    app = create_app(settings)
    district = settings.service.districts[0]

    def first_invitation(name: str, roles: list[str]) -> str:
        with app.app_context():
            return invite(district, "console:demo", name, [Role(role) for role in roles]).setup_token

    return Story(
        up.api,
        up.emulator,
        district,
        ZoneInfo(settings.service.timezone),
        Memory(here.data_dir / "demo.json"),
        console,
        first_invitation,
        app.app_context,
    )
