"""A ticket is about a place: words that point at a person are refused."""

from __future__ import annotations

import pytest

from backend.tickets.persons import refuse_persons
from points.errors import Refused


@pytest.mark.parametrize(
    "text",
    [
        "请找13812345678处理",
        "电话 138-1234-5678",
        "138 1234 5678",
        "138\u200b1234\u200b5678",
        "１３８１２３４５６７８",
        "+86 13812345678",
        "0531-88012345",
        "身份证370112199001011236的人",
        "37011219900101123X",
        "37011219900101123x",
        "３７０１１２１９９００１０１１２３Ｘ",
        "370112 19900101 1236",
    ],
)
def test_a_telephone_or_identity_number_is_refused(text: str) -> None:
    with pytest.raises(Refused) as refused:
        refuse_persons("垃圾未清", text)
    assert refused.value.code == "names_a_person"


@pytest.mark.parametrize(
    "text",
    [
        None,
        "",
        "工业北路 138 号门前,路灯杆号 0531",
        "灯杆编号 20260001234",
        "2026-11-20 08:30 至 12:00",
        "坐标 36.681512, 117.070233",
        "井盖编号 000000000000000000",
        "管网编号 123456789012345678901234",
    ],
)
def test_house_numbers_pole_numbers_and_times_are_taken(text: str | None) -> None:
    refuse_persons(text)
