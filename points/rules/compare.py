"""Beside the decisions: a new pack's trial beside that of the pack in force: who gains, who loses, how even it is."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from points.rules.trial import Trial


def gini(amounts: Iterable[int]) -> float:
    """Gini's coefficient of what each one got: 0 when all got the same, towards 1 when one got everything."""
    ordered = sorted(amounts)
    total, count = sum(ordered), len(ordered)
    if not total:
        return 0.0
    weighted = sum(place * amount for place, amount in enumerate(ordered, start=1))
    return 2 * weighted / (count * total) - (count + 1) / count


def gini_by(trial: Trial, group: int) -> dict[str, float]:
    """Gini's coefficient within each street (group 0) or age band (group 1), over all who did a deed."""
    amounts: dict[str, list[int]] = defaultdict(list)
    for resident, groups in trial.groups.items():
        amounts[groups[group]].append(trial.by_resident[resident])
    return {name: gini(each) for name, each in sorted(amounts.items())}


@dataclass(frozen=True, slots=True)
class Shift:
    """How many residents get more, less or the same under the new pack, and by how many points in all."""

    gainers: int = 0
    losers: int = 0
    same: int = 0
    gained: int = 0
    lost: int = 0


def shift(new: Trial, old: Trial) -> Shift:
    """Over all residents with a deed in the period."""
    return _shift(new.groups, new, old)


def shift_by(new: Trial, old: Trial, group: int) -> dict[str, Shift]:
    """The same within each street (group 0) or age band (group 1)."""
    members: dict[str, list[str]] = defaultdict(list)
    for resident, groups in new.groups.items():
        members[groups[group]].append(resident)
    return {name: _shift(residents, new, old) for name, residents in sorted(members.items())}


def _shift(residents: Iterable[str], new: Trial, old: Trial) -> Shift:
    differences = [new.by_resident[each] - old.by_resident[each] for each in residents]
    return Shift(
        gainers=sum(1 for each in differences if each > 0),
        losers=sum(1 for each in differences if each < 0),
        same=sum(1 for each in differences if each == 0),
        gained=sum(each for each in differences if each > 0),
        lost=-sum(each for each in differences if each < 0),
    )


def largest(new: Trial, old: Trial, count: int) -> list[tuple[str, int]]:
    """The residents whose points change most, the greatest change first."""
    changes: Mapping[str, int] = {each: new.by_resident[each] - old.by_resident[each] for each in new.groups}
    return sorted(changes.items(), key=lambda item: (-abs(item[1]), item[0]))[:count]
