"""What a deed does not say is told: to the author of a pack beforehand, to the resident afterwards."""

from pathlib import Path

import pytest

from backend.passbook.filled import FILLED
from points.rules import explain, load_pack
from tests.points.rules.packs import cap, decided, deed, pack, raw, rule, written
from tests.points.rules.test_commands import run


def warned(*rules, **parts):
    """What the service does not fill, in English."""
    found = load_pack(written(raw(*rules, **parts)), fills=FILLED).problems
    assert {each.code for each in found} <= {"not_filled"}
    return [each.en for each in found]


@pytest.mark.parametrize(
    ("made", "parts", "words"),
    [
        (rule(when={"kind": ["act", "ticket"]}), {"caps": [cap(per="team")]}, "a team for: ticket;"),
        (
            rule(when={"kind": "ticket"}, points={"per_unit": {"unit": {"zh": "件", "en": "item"}, "points": 2}}),
            {},
            "a quantity for: ticket",
        ),
        (rule(when={"kind": "referral", "quantity": {"from": 2}}), {}, "a quantity for: referral"),
        (
            rule(when={"kind": "service"}, times={"at_most": 1, "same": ["about"], "window": "year"}),
            {},
            "whom it is about for: service",
        ),
        (rule(when={"kind": "ticket", "team": "t"}), {}, "a team for: ticket"),
    ],
)
def test_what_the_service_does_not_fill_is_warned_about(made, parts, words):
    (sentence,) = warned(made, **parts)
    assert words in sentence


def test_what_it_fills_is_not():
    hours = rule(
        when={"kind": "service", "team": "t"}, points={"per_hour": 1}, quantity={"at_most": 2, "per": "activity"}
    )
    assert warned(hours, caps=[cap(per=["resident", "team"]), cap("all", per="street", window="day")]) == []


def test_acts_say_all_that_rules_may_ask_and_referrals_are_made():
    asks = rule(
        when={"kind": "act", "quantity": {"from": 2}, "team": "t", "activity": "a"},
        times={"at_most": 1, "per": "household", "same": ["about", "place"], "window": "year"},
    )
    assert warned(asks, caps=[cap(per="household")]) == []
    assert warned(rule(when={"kind": "referral"})) == []


def test_the_command_warns_of_it(tmp_path):
    file = tmp_path / "mine.yaml"
    file.write_text(written(raw(rule(when={"kind": "ticket", "team": "t"}))), "utf-8")
    assert "not_filled" in run("check", file).output


@pytest.mark.parametrize("file", sorted(Path("config/rules").glob("*.yaml")), ids=lambda file: file.stem)
def test_no_shipped_pack_asks_for_what_nothing_fills(file):
    assert [each.en for each in load_pack(file, fills=FILLED).problems if each.code == "not_filled"] == []


def test_a_resident_is_told_of_a_cap_that_could_not_count_the_deed():
    of = pack(caps=[cap("home", per="household", title={"zh": "每户", "en": "each household"})])
    for household, told in ((None, True), ("h1", False)):
        made = decided(of, deed(household=household))
        zh, en = ("\n".join(explain(made, language, of)) for language in ("zh-CN", "en"))
        assert ("“每户”的上限这次没有计：这件事没有记录住户。" in zh) is told
        assert ("“each household” did not count this deed, which does not say a household." in en) is told
