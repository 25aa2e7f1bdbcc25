"""Rule packs at the command line: two people of the staff, each proved, shown what they decide on before they do."""

from __future__ import annotations

from contextlib import nullcontext
from datetime import timedelta
from pathlib import Path
from typing import Any

import pyotp
import pytest
from click.testing import CliRunner, Result
from flask import Flask

from backend.cli import existing, place, rules_diff, rules_publish
from backend.cli.main import cli
from backend.cli.rules_history import exported
from backend.kit.audit import AuditLine
from backend.kit.auth import Role
from backend.kit.clock import now
from backend.kit.db import db, rows, transaction
from backend.passbook.models import RulePack
from backend.settings import load
from backend.staff.models import StaffMember
from backend.staff.service import invite, set_password
from points.errors import Refused
from tests.app import DISTRICT
from tests.backend.passbook.stage import PACK, STAR, approve, fill_fund, publish_rules
from tests.backend.passbook.test_packs import CHANGED_CASES, changed
from tests.cast import Cast

AUTHOR, OTHER_AUTHOR, PUBLISHER = "张起草（虚构）", "孙另稿（虚构）", "李发布（虚构）"


@pytest.fixture
def overrides(request: pytest.FixtureRequest) -> dict[str, dict[str, Any]]:
    """Nobody is asked for a password, but in the tests that are about just that."""
    return {"service": {"console_trusts_names": "password" not in request.node.name}}


@pytest.fixture(autouse=True)
def command(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """The command works on the application under test."""
    monkeypatch.setattr(place, "service", lambda _data: nullcontext(app))
    monkeypatch.setattr(rules_diff, "refuse_nothing", lambda _data: None)
    monkeypatch.setattr(existing, "refuse_nothing", lambda _data: None)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A second version of the pack as a file, its cases beside it."""
    (tmp_path / "cases").mkdir()
    (tmp_path / "cases" / "next.yaml").write_text(CHANGED_CASES.replace("pack.yaml", "next.yaml"), "utf-8")
    path = tmp_path / "next.yaml"
    path.write_text(changed(), "utf-8")
    return path


@pytest.fixture
def office(cast: Cast) -> None:
    """Rules in force, a deed, an author and a publisher."""
    publish_rules(cast)
    fill_fund(cast)
    approve(cast.resident(), at=now() - timedelta(hours=2))
    cast.staff(Role.RULES_AUTHOR, name=AUTHOR)
    cast.staff(Role.RULES_AUTHOR, name=OTHER_AUTHOR)
    cast.staff(Role.RULES_PUBLISHER, name=PUBLISHER)


def civic(*words: object, typed: str = "") -> Result:
    return CliRunner().invoke(cli, ["rules", *map(str, words)], input=typed)


def second() -> RulePack | None:
    db.session.rollback()
    return db.session.scalar(rows(RulePack, DISTRICT).where(RulePack.version == 2))


def named(name: str) -> str:
    member = db.session.scalars(rows(StaffMember, DISTRICT).where(StaffMember.name == name)).one()
    return f"staff:{member.id}"


@pytest.mark.usefixtures("office")
def test_two_people_publish_and_the_second_sees_first_what_changes(file: Path) -> None:
    handed_in = civic("publish", file, "--as", AUTHOR)
    assert (handed_in.exit_code, "tried on 1 deeds" in handed_in.output) == (0, True), handed_in.output
    asked = civic("publish", file, "--as", PUBLISHER, typed="n\n")
    assert asked.exit_code == 1
    given = "实得积分 / points given：25（现行 / old 20）"
    for said in ("由 20 改为 25", "changes from 20 to 25", "cases 1", given, "Publish this pack?"):
        assert said in asked.output, asked.output
    row = second()
    assert row is not None
    assert row.state == "submitted"
    done = civic("publish", file, "--as", PUBLISHER, "--yes")
    assert "published, in force from 2026-11-21" in done.output, done.output
    row = second()
    assert row is not None
    assert (row.state, row.author, row.publisher) == ("published", named(AUTHOR), named(PUBLISHER))


@pytest.mark.usefixtures("office")
@pytest.mark.parametrize("name", ["路人甲", "周审计（虚构）", "吴离职（虚构）", PUBLISHER])
def test_only_open_staff_with_the_permission_hand_in(cast: Cast, file: Path, name: str) -> None:
    cast.staff(Role.AUDITOR, name="周审计（虚构）")
    gone = cast.staff(Role.RULES_AUTHOR, name="吴离职（虚构）")
    with transaction() as session:
        session.get_one(StaffMember, (DISTRICT, gone.id)).closed = True
    refused = civic("publish", file, "--as", name)
    assert (refused.exit_code, "code: staff_may_not" in refused.output) == (2, True), refused.output
    assert second() is None


@pytest.mark.usefixtures("office")
def test_one_person_does_not_publish_alone_by_another_name_or_way(cast: Cast, file: Path) -> None:
    both = cast.staff(Role.RULES_AUTHOR, Role.RULES_PUBLISHER, name="郑两任（虚构）")
    made = both.post("/staff/rule-packs", {"text": changed(), "cases": CHANGED_CASES})
    assert made.status_code == 201
    again = civic("publish", file, "--as", "郑两任（虚构）", "--yes")
    assert "another person publishes it" in again.output
    refused = civic("publish", file, "--as", "路人甲2", "--yes")
    assert "code: staff_may_not" in refused.output
    row = second()
    assert row is not None
    assert row.state == "submitted"


def test_a_name_alone_is_not_enough_its_password_and_code_are_asked_for(cast: Cast, file: Path) -> None:
    publish_rules(cast)
    invited = invite(DISTRICT, "staff:somebody", AUTHOR, [Role.RULES_AUTHOR])
    enrolled = set_password(invited.setup_token, "correct horse battery staple 42")
    code = pyotp.TOTP(enrolled.otp_secret).at(int(now().timestamp()))
    assert civic("publish", file, "--as", AUTHOR).exit_code == 1
    wrong = civic("publish", file, "--as", AUTHOR, typed=f"wrong\n{code}\n")
    assert "code: sign_in_failed" in wrong.output
    assert second() is None
    right = civic("publish", file, "--as", AUTHOR, typed=f"correct horse battery staple 42\n{code}\n")
    assert "handed in" in right.output, right.output
    assert "correct horse" not in right.output
    used = civic("publish", file, "--as", AUTHOR, typed=f"correct horse battery staple 42\n{code}\n")
    assert "code: sign_in_failed" in used.output


@pytest.mark.usefixtures("office")
def test_a_name_taken_at_its_word_stands_in_the_audit_log(file: Path) -> None:
    civic("publish", file, "--as", AUTHOR)
    lines = db.session.scalars(rows(AuditLine, DISTRICT).where(AuditLine.action == "console.name_trusted")).all()
    assert [(line.actor, line.details["permission"]) for line in lines] == [(named(AUTHOR), "rules.submit")]


@pytest.mark.usefixtures("office")
def test_mended_cases_are_handed_in_again_and_a_pack_is_taken_back(file: Path) -> None:
    cases = file.parent / "cases" / file.name
    good = cases.read_text("utf-8")
    cases.write_text(good.replace("acts: 25", "acts: 24"), "utf-8")
    red = civic("publish", file, "--as", AUTHOR).output
    assert "expected {acts: 24}" in red
    assert "`civic rules check` says how each came about" in red
    assert "code: rule_pack_cases_needed" in civic("publish", file, "--as", PUBLISHER, "--yes").output
    cases.write_text(good, "utf-8")
    assert "failed 0" in civic("publish", file, "--as", AUTHOR).output
    assert "taken back" in civic("withdraw", file, "--as", AUTHOR).output
    assert second() is None
    assert "code: rule_pack_not_submitted" in civic("withdraw", file, "--as", AUTHOR).output


@pytest.mark.usefixtures("office")
def test_cases_that_name_another_pack_are_refused_as_by_check_and_before_anything_is_tried(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(rules_publish, "tried")
    cases = file.parent / "cases" / file.name
    cases.write_text(CHANGED_CASES, "utf-8")
    for command in (("check",), ("publish", "--as", AUTHOR)):
        refused = civic(command[0], file, *command[1:])
        assert f"{cases}:2: " in refused.output
        assert "这些案例的 pack 应写“../next.yaml”。" in refused.output
        assert ("[cases_of_another_pack]" in refused.output, refused.exit_code != 0) == (True, True)
    assert second() is None


@pytest.mark.usefixtures("office")
def test_a_pack_without_cases_is_said_to_want_them(file: Path) -> None:
    (file.parent / "cases" / file.name).unlink()
    assert "没有案例，不能发布" in civic("publish", file, "--as", AUTHOR).output
    shown = civic("publish", file, "--as", PUBLISHER, "--yes").output
    assert "没有案例，不能发布" in shown
    assert "现有案例 0 个，不符 0 处。\n" in shown


@pytest.mark.usefixtures("office")
def test_a_version_that_was_changed_since_is_refused_with_what_to_do_and_can_be_taken_back(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    civic("publish", file, "--as", AUTHOR)
    monkeypatch.delattr(rules_publish, "tried")
    file.write_text(changed().replace(f"{STAR}: 25", f"{STAR}: 24"), "utf-8")
    refused = civic("publish", file, "--as", AUTHOR).output
    assert ("code: rule_pack_known" in refused, "请写更大的 version" in refused) == (True, True), refused
    assert "code: rule_pack_not_yours" in civic("withdraw", file, "--as", OTHER_AUTHOR).output
    assert "taken back" in civic("withdraw", file, "--as", AUTHOR).output
    assert second() is None


@pytest.mark.usefixtures("office")
def test_what_is_checked_is_what_is_tried_and_handed_in(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def swapped(*asked: Any) -> tuple[Path, Path | None]:
        file.write_text(changed().replace(f"{STAR}: 25", f"{STAR}: 30"), "utf-8")
        return exported(*asked)

    monkeypatch.setattr(rules_publish, "exported", swapped)
    assert civic("publish", file, "--as", AUTHOR).exit_code == 0
    row = second()
    assert row is not None
    assert row.simulation is not None
    assert (f"{STAR}: 25" in row.text, row.simulation["pack"]) == (True, row.digest)


@pytest.mark.usefixtures("office")
def test_cases_that_changed_while_the_second_person_read_are_not_published(
    cast: Cast, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    good = (file.parent / "cases" / file.name).read_text("utf-8")
    civic("publish", file, "--as", AUTHOR)

    def meanwhile(*_: Any) -> None:
        (file.parent / "cases" / file.name).write_text(good.replace("二十五分", "另一例"), "utf-8")
        civic("publish", file, "--as", AUTHOR)

    monkeypatch.setattr(rules_publish, "confirmed", meanwhile)
    assert "code: rule_pack_changed_meanwhile" in civic("publish", file, "--as", PUBLISHER).output


@pytest.mark.usefixtures("office")
def test_a_difference_is_told_before_anything_is_handed_in(file: Path, tmp_path: Path) -> None:
    assert "由 20 改为 25" in civic("diff", file).output
    old = tmp_path / "old.yaml"
    old.write_text(PACK.replace(f"{STAR}: 20", f"{STAR}: 15"), "utf-8")
    assert "changes from 15 to 25" in civic("diff", file, old).output
    assert "nothing changes" in civic("diff", file, file).output


def test_a_fund_in_one_line_with_others_is_told_with_that_line(file: Path) -> None:
    store = "store: {at_most: 900, overflow_to: nowhere}"
    file.write_text(f"{changed()}\n{store}\n", "utf-8")
    line = file.read_text("utf-8").splitlines().index(store) + 1
    told = civic("check", file)
    assert f"next.yaml:{line}: " in told.output
    assert "里没有资金池“nowhere”" in told.output


def test_checking_a_pack_warns_of_a_fund_that_is_not_there(file: Path) -> None:
    file.write_text(changed().replace("fund: civic\n", "fund: civick\n"), "utf-8")
    line = changed().splitlines().index("fund: civic") + 1
    told = civic("check", file)
    assert (told.exit_code, told.output.count("[fund_not_listed]")) == (0, 1), told.output
    assert f"next.yaml:{line}: " in told.output


def test_in_production_no_name_is_taken_at_its_word() -> None:
    wanted = {"environment": "production", "console_trusts_names": True}
    with pytest.raises(Refused) as refused:
        load({}, {"service": wanted, "redis": {"fenced": True}})
    assert "service.console_trusts_names" in refused.value.sentence("en")


def test_where_no_rules_are_in_force_there_is_nothing_to_compare_with(file: Path) -> None:
    assert "no pack is in force" in civic("diff", file).output


@pytest.mark.usefixtures("office")
def test_a_pack_is_suspended_by_two(cast: Cast) -> None:
    first = db.session.scalars(rows(RulePack, DISTRICT)).one()
    digest, identifier = first.digest[:12], first.id
    no_reason = civic("suspend", digest, "--as", AUTHOR)
    assert (no_reason.exit_code, "--reason" in no_reason.output) == (2, True)
    assert "another person confirms" in civic("suspend", digest, "--as", AUTHOR, "--reason", "分值抄错").output
    assert "another person confirms" in civic("suspend", digest, "--as", AUTHOR, "--reason", "分值抄错", "--yes").output
    assert civic("suspend", digest, "--as", PUBLISHER, typed="n\n").exit_code == 1
    done = civic("suspend", digest, "--as", PUBLISHER, typed="y\n")
    assert ("分值抄错" in done.output, "suspended; its deeds wait" in done.output) == (True, True), done.output
    db.session.rollback()
    row = db.session.get_one(RulePack, (DISTRICT, identifier))
    assert (row.state, row.suspension_asked_by, row.suspended_by) == ("suspended", named(AUTHOR), named(PUBLISHER))
    assert "code: rule_pack_not_published" in civic("suspend", digest, "--as", AUTHOR, "--reason", "再停").output
