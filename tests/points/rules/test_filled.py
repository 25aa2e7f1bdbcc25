"""What a deed does not say is told: to the author of a pack beforehand, to the resident afterwards."""

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
        (rule(when={"kind": "referral"}), {}, "no deeds of the kind `referral`"),
        (rule(), {"caps": [cap(per="household")]}, "a household for: act"),
        (rule(when={"kind": ["act", "service"]}), {"caps": [cap(per="team")]}, "a team for: act;"),
        (rule(points={"per_unit": {"unit": {"zh": "袋", "en": "bag"}, "points": 2}}), {}, "a quantity for: act"),
        (rule(when={"kind": "act", "quantity": {"from": 2}}), {}, "a quantity for: act"),
        (rule(times={"at_most": 1, "same": ["about"], "window": "year"}), {}, "whom it is about for: act"),
        (rule(times={"at_most": 1, "per": "household", "window": "year"}), {}, "a household for: act"),
        (rule(when={"kind": "act", "team": "t"}), {}, "a team for: act"),
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


def test_the_command_warns_of_it(tmp_path):
    file = tmp_path / "mine.yaml"
    file.write_text(written(raw(rule(when={"kind": "referral"}))), "utf-8")
    assert "not_filled" in run("check", file).output


def test_a_resident_is_told_of_a_cap_that_could_not_count_the_deed():
    of = pack(caps=[cap("home", per="household", title={"zh": "每户", "en": "each household"})])
    for household, told in ((None, True), ("h1", False)):
        made = decided(of, deed(household=household))
        zh, en = ("\n".join(explain(made, language, of)) for language in ("zh-CN", "en"))
        assert ("“每户”的上限这次没有计：这件事没有记录住户。" in zh) is told
        assert ("“each household” did not count this deed, which does not say a household." in en) is told
