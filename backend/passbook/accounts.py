"""Before any money comes in: which funds the district has, read once from `config/accounts.yaml`."""

from __future__ import annotations

from functools import cache
from typing import Any

from ruamel.yaml import YAML

from backend.settings import CONFIG
from points.errors import Category, kind
from points.ledger import chart
from points.rules import Pack, Text

FUND_UNKNOWN = kind(
    "fund_unknown",
    Category.NOT_FOUND,
    zh="没有这个资金池。本区的资金池：{known}。",
    en="There is no such fund. The district's funds are: {known}.",
)


@cache
def titles() -> dict[str, Text]:
    """The funds by name; a fault in the file stops whoever asks first."""
    return read((CONFIG / "accounts.yaml").read_text(encoding="utf-8"))


def read(text: str) -> dict[str, Text]:
    """Read and check; raises ValueError that names what is wrong."""
    raw: dict[str, Any] = YAML(typ="safe", pure=True).load(text)
    found: dict[str, Text] = {}
    for line in raw["funds"]:
        if set(line) != {"name", "zh", "en"} or not all(isinstance(word, str) and word for word in line.values()):
            raise ValueError(f"a fund has a name, zh and en, all of them text: {line}")
        name = line["name"]
        if not chart.is_account(chart.fund(name)):
            raise ValueError(f"{name} cannot be the name of a fund")
        if name in found:
            raise ValueError(f"{name} stands there twice")
        found[name] = Text(line["zh"], line["en"])
    return found


def title_of(fund: str) -> Text:
    """What a fund is called; one that was taken off the list is called by its name."""
    return titles().get(fund, Text(fund, fund))


def refuse_unknown(fund: str) -> None:
    """Refused with `fund_unknown`, which names the funds there are."""
    if fund not in titles():
        raise FUND_UNKNOWN(known=", ".join(titles()))


def unknown_funds(pack: Pack) -> tuple[str, ...]:
    """The funds a pack names, in rules and in what it gives on, that are not the district's."""
    named = {pack.fund, *(rule.fund for rule in pack.rules), *([pack.store.fund] if pack.store else [])}
    return tuple(sorted(named - set(titles())))
