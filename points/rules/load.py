"""Step: from a file to a Pack: read, refuse what is unsafe, check the form, build, check the sense."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import replace
from pathlib import Path

from points.rules.build import build
from points.rules.check import check_sense
from points.rules.check_filled import Fills, check_filled
from points.rules.check_rules import check_streets
from points.rules.pack import Pack
from points.rules.problems import Findings
from points.rules.schema import check_form
from points.rules.source import MOST_NODES, read, text_of
from points.rules.unsafe import check_safe

Streets = Callable[[str], Collection[str]]


def load_pack(
    source: Path | str,
    name: str | None = None,
    most: int = MOST_NODES,
    *,
    streets: Streets | None = None,
    fills: Fills | None = None,
) -> Pack:
    """The pack of a file (a Path) or of its text (a str; `name` stands for the file in messages).

    What has more than `most` words, lists and mappings is refused before it is read to its end. `streets` answers the
    codes of a district's streets, where they are known, for a warning of any other; `fills` says which fields of a deed
    are filled, for a warning of what looks at others.

    Raises PackInvalid with all problems found up to the step that failed; warnings of a good pack are in
    `pack.problems`. A file that is absent or no UTF-8 is the caller's OSError or a PackInvalid.
    """
    findings = Findings(name or (str(source) if isinstance(source, Path) else "pack.yaml"))
    raw = read(text_of(source, findings) if isinstance(source, Path) else source, findings, most)
    check_safe(raw, findings)
    check_form(raw, findings)
    pack = build(raw, findings)
    check_sense(pack, findings)
    known = None if streets is None else streets(pack.district)
    if known:
        check_streets(pack, known, findings)
    if fills is not None:
        check_filled(pack, fills, findings)
    findings.stop_if_failed()
    return replace(pack, problems=tuple(sorted(findings.found)))
