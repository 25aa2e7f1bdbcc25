"""Step: tiers on two conditions together (hours and points) over windows that move, so that a tier can drop."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from points.rules.measures import Measure
from points.rules.texts import Text, plain


@dataclass(frozen=True, slots=True)
class Tier:
    """Reached while every need is met, looked at anew for each deed."""

    id: str
    title: Text
    needs: tuple[tuple[Measure, Decimal], ...]

    def asked(self, tallies: Mapping[str, Decimal]) -> bool:
        """Whether the facts of a decision say how far one is from it."""
        return all(measure.key in tallies for measure, _ in self.needs)

    def reached(self, tallies: Mapping[str, Decimal]) -> bool:
        return all(tallies[measure.key] >= least for measure, least in self.needs)


def stood(tiers: tuple[Tier, ...], tallies: Mapping[str, Decimal]) -> list[Text]:
    """In which tier a resident stood before the deed, and what the next one asks; nothing where no rule asked."""
    if not tiers or not all(tier.asked(tallies) for tier in tiers):
        return []
    place = next((place for place, tier in enumerate(tiers) if tier.reached(tallies)), len(tiers))
    here = tiers[place].title if place < len(tiers) else None
    said = Text("当时没有等级", "There was no tier then") if here is None else _at(here)
    above = _asks(tiers[place - 1], tallies) if place else Text("", "")
    return [Text(f"{said.zh}{above.zh}。", f"{said.en}{above.en}.")]


def _at(title: Text) -> Text:
    return Text(f"当时的等级是“{title.zh}”", f"The tier then was “{title.en}”")


def _asks(tier: Tier, tallies: Mapping[str, Decimal]) -> Text:
    """What a tier asks, and what of it there was."""
    needs = [_need(measure, least, tallies[measure.key]) for measure, least in tier.needs]
    return Text(
        f"；“{tier.title.zh}”要求{'，'.join(need.zh for need in needs)}",
        f"; “{tier.title.en}” asks {', '.join(need.en for need in needs)}",
    )


def _need(measure: Measure, least: Decimal, had: Decimal) -> Text:
    when, hours = measure.window.title(), measure.what == "quantity"
    unit = Text("小时", "hours") if hours else Text("分", "points")
    return Text(
        f"{when.zh} {plain(least)} {unit.zh}（当时 {plain(had)}）",
        f"{plain(least)} {unit.en} {when.en} (there were {plain(had)})",
    )
