"""The guide's own example is a pack that loads, with cases that come out; every key it must explain, it names."""

import json
import re
from pathlib import Path

from points.rules import load_pack
from points.rules.cases import read_cases, run_cases
from points.rules.history import COLUMNS
from tests.points.rules.test_commands import run

ROOT = Path(__file__).parents[3]
GUIDE = (ROOT / "config" / "rules" / "README.md").read_text("utf-8")
SCHEMA = json.loads((ROOT / "points" / "rules" / "pack.schema.json").read_text("utf-8"))


def test_the_guides_example_loads_and_its_cases_come_out(tmp_path):
    pack_text, cases_text = re.findall(r"```yaml\n(.*?)```", GUIDE, re.DOTALL)
    (tmp_path / "cases").mkdir()
    file, beside = tmp_path / "clean-home.yaml", tmp_path / "cases" / "clean-home.yaml"
    file.write_text(pack_text, "utf-8")
    beside.write_text(cases_text, "utf-8")
    pack = load_pack(file)
    misses, decisions = run_cases(pack, read_cases(beside))
    assert (pack.problems, misses, len(decisions)) == ((), [], 5)


def test_the_guide_names_every_key_of_a_pack_and_of_a_rule():
    rule = SCHEMA["properties"]["rules"]["items"]["properties"]
    parts = (SCHEMA["$defs"][name]["properties"] for name in ("when", "shape"))
    keys = {*SCHEMA["properties"], *rule}.union(*parts)
    assert {key for key in keys if not re.search(rf"\b{key}\b", GUIDE)} <= {"timezone"}


def test_both_halves_name_what_a_new_user_needs():
    cases = json.loads((ROOT / "points" / "rules" / "cases.schema.json").read_text("utf-8"))
    deed = cases["properties"]["cases"]["items"]["properties"]["deeds"]["items"]["properties"]
    for half in GUIDE.split("# Rule packs"):
        assert ",".join(COLUMNS) in half
        assert {key for key in deed if not re.search(rf"\b{key}\b", half)} == set()
        for words in (
            "overflow_to",
            "at_least",
            "hours: [100, 300, 600]",
            "civic staff create",
            '{"event": {',
            "--pack",
            "{act: [让座, 献血], service: [清洁家园]}",
            "of: {kind: service, category: [甲, 乙]}",
            "makeup_workdays: [2027-01-03]",
            '"facts": {"age_band": "18_59"',
            "civic up",
        ):
            assert words in half, words


def test_every_shipped_pack_and_case_file_points_editors_to_its_schema():
    for path in (ROOT / "config" / "rules").rglob("*.yaml"):
        first = path.read_text("utf-8").splitlines()[0]
        assert first.startswith("# yaml-language-server: $schema=")
        assert (path.parent / first.partition("=")[2]).resolve().exists()


def test_every_key_is_described_to_editors_in_both_languages():
    def described(value):
        if isinstance(value, dict):
            properties = value.get("properties")
            for key, part in properties.items() if isinstance(properties, dict) else ():
                zh, _, en = part.get("description", "").partition(" / ")
                assert re.search("[一-鿿]", zh), key
                assert re.search("[a-z]", en), key
            for part in value.values():
                described(part)
        elif isinstance(value, list):
            for part in value:
                described(part)

    described(SCHEMA)


def test_the_guides_event_with_facts_is_decided_by_the_guides_pack(tmp_path):
    pack_text, _ = re.findall(r"```yaml\n(.*?)```", GUIDE, re.DOTALL)
    (tmp_path / "clean-home.yaml").write_text(pack_text, "utf-8")
    (event,) = set(re.findall(r'\{"event": (\{"id".*?\})\}', GUIDE.replace("\n", " "), re.DOTALL))
    facts = {"age_band": "18_59", "consents": ["public_notice"]}
    given = {"event": json.loads(event), "facts": facts}
    result = run("decide", tmp_path / "clean-home.yaml", "--say", input=json.dumps(given))
    assert result.exit_code == 0
    assert "合计 24 分" in result.output
