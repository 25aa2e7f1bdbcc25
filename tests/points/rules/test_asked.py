"""Which further facts of a deed a pack asks for."""

from pathlib import Path

from points.rules import load_pack
from points.rules.asked import attributes_asked
from tests.points.rules.packs import pack, rule, text


def test_conditions_coefficients_and_tables_ask_for_attributes():
    of = pack(
        rule("a", when={"kind": "act", "attributes": {"photo": True, "level": ["city", "street"]}}, coefficients=["c"]),
        rule("b", when={"kind": "service"}, points={"table": {"by": "class", "values": {"one": 1, "two": 2}}}),
        coefficients=[
            {
                "coefficient": "c",
                "title": text("c"),
                "cases": [{"title": text("c"), "when": {"attributes": {"rating": "good"}}, "factor": 2}],
            }
        ],
    )
    assert attributes_asked(of, "act", "help") == {"level": {"city", "street"}, "photo": {True}, "rating": {"good"}}
    assert attributes_asked(of, "service", "help") == {"class": {"one", "two"}}
    assert attributes_asked(of, "ticket", "help") == {}


def test_tickets_and_hours_bring_by_themselves_what_the_shipped_packs_ask_of_them():
    """A ticket says `rank`, `first` and `duplicate`; confirmed hours say `hours`; reviewers verify the rest."""
    for file in Path("config/rules").glob("*.yaml"):
        of = load_pack(file)
        asked = {name for each in of.rules for name in attributes_asked(of, "ticket", min(each.categories or {""}))}
        assert asked <= {"rank", "first", "duplicate"}, file
