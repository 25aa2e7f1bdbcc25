"""Whatever stands in a file: it loads, or it is refused with a line and two sentences; never anything else."""

from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from points.rules import PackInvalid, load_pack
from points.rules.cases import read_cases, run_cases
from points.rules.problems import Findings
from points.rules.source import read
from tests.points.rules.packs import written

FOLDER = Path(__file__).parents[3] / "config" / "rules"
RAW = [(path.name, read(path.read_text("utf-8"), Findings(path.name))) for path in sorted(FOLDER.glob("*.yaml"))]

scalars = (
    st.none()
    | st.booleans()
    | st.integers(-(10**6), 10**6)
    | st.decimals(min_value=-100, max_value=100, places=2).map(float)
    | st.sampled_from(["resident", "month", "act", "2026-02-30", "24:00", "捐款", "acts", "deed", "none", "split", ""])
)
anything = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["from", "to", "days", "each"]), inner),
    max_leaves=4,
)


def places(value, path=()):
    """Every place of nested values, by path."""
    yield path
    parts = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, part in parts:
        yield from places(part, (*path, key))


def changed(value, path, new):
    """The value with another one at that place; DROP leaves the place out."""
    if not path:
        return new
    key, rest = path[0], path[1:]
    copy = dict(value) if isinstance(value, dict) else list(value)
    if not rest and new is DROP:
        del copy[key]
    else:
        copy[key] = changed(copy[key], rest, new)
    return copy


DROP = object()


def loaded(text):
    """The pack, or its problems."""
    try:
        return load_pack(text), ()
    except PackInvalid as invalid:
        return None, invalid.problems


@settings(max_examples=80, deadline=None)
@given(st.data())
def test_a_pack_with_one_place_changed_decides_its_cases_or_is_refused_with_lines(data):
    file, raw = data.draw(st.sampled_from(RAW))
    path = data.draw(st.sampled_from([path for path in places(raw) if path]))
    pack, problems = loaded(written(changed(raw, path, data.draw(anything | st.just(DROP)))))
    assert all(each.line >= 1 and each.zh and each.en and each.code for each in problems)
    if pack is None:
        assert any(each.severity == "error" for each in problems)
    else:
        run_cases(pack, read_cases(FOLDER / "cases" / file))


@settings(max_examples=200, deadline=None)
@given(st.text(st.characters(codec="utf-8"), max_size=200))
def test_any_text_is_refused_and_nothing_else(text):
    pack, problems = loaded(text)
    assert pack is None
    assert problems
