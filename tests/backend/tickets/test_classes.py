"""The classes of tickets, read from the district's file."""

from __future__ import annotations

import pytest

from backend.settings import CONFIG
from backend.tickets.classes import book, read
from tests.cast import Cast

TEXT = (CONFIG / "tickets.yaml").read_text(encoding="utf-8")


def test_the_published_limits_are_those_of_the_published_table() -> None:
    limits = {c.name: str(c.limit) for c in book().classes if c.basis == "published"}
    assert limits == {
        "暴露垃圾": "4wh",
        "建筑垃圾": "4wh",
        "渣土堆": "2wd",
        "道路保洁": "2wh",
        "路面积水": "4wh",
        "绿地保洁": "4wh",
        "私搭乱建": "4wh",
        "绿地养护": "5wd",
    }


def test_no_limit_is_longer_than_the_five_working_days_of_the_law() -> None:
    assert all(c.limit.amount <= 5 for c in book().classes)


def test_anyone_sees_the_classes_and_the_units(cast: Cast) -> None:
    stranger = cast.stranger()
    classes = stranger.get("/tickets/classes").json["items"]
    assert {"name": "暴露垃圾", "en": "Exposed rubbish", "code": "exposed-rubbish", "limit": "4wh"}.items() <= classes[
        0
    ].items()
    assert {"code": "sanitation", "zh": "环卫管护中心", "en": "Sanitation centre"} in stranger.get(
        "/tickets/units"
    ).json["items"]


@pytest.mark.parametrize(
    ("category", "subcategory", "name"),
    [
        ("Street Lights", "Street Light Outages", "路灯故障"),
        ("Highway Maintenance", "Request for Pothole Repair", "路面破损"),
        ("Highway Maintenance", "Sidewalk Repair (Make Safe)", "人行道破损"),
        ("Street Cleaning", "Requests for Street Cleaning", "暴露垃圾"),  # the tree inside "street" is no tree
        ("Trees", "Tree Emergencies", "行道树"),
        ("Sanitation", "Schedule a Bulk Item Pickup", "大件与电子垃圾"),
        ("GRAFFITI", "graffiti removal", "乱涂乱画与小广告"),
        ("Weights and Measures", "Scale Testing", "其他"),
        ("暴露垃圾", "", "暴露垃圾"),
    ],
)
def test_another_citys_category_becomes_one_of_ours(category: str, subcategory: str, name: str) -> None:
    assert book().class_of_foreign(category, subcategory) == name


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("limit: 2wd, basis: published", "limit: 2 days, basis: published", "not a time limit: 2 days"),
        ("name: 建筑垃圾", "name: 暴露垃圾", "暴露垃圾 stands there twice"),
        ("code: building-rubble", "code: exposed-rubbish", "exposed-rubbish stands there twice"),
        ("class: 违停}", "class: 停车}", "停车"),
        ("08:30-12:00", "18:30-12:00", "working hours"),
    ],
)
def test_a_file_with_a_fault_is_not_taken(old: str, new: str, problem: str) -> None:
    assert old in TEXT
    with pytest.raises(ValueError, match=problem):
        read(TEXT.replace(old, new, 1))
