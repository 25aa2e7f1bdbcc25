"""Which day a pack counts: the district's, also where a year's holidays are not published yet."""

from __future__ import annotations

from tests.backend.passbook.stage import PACK, no, submit
from tests.cast import Cast


def test_a_pack_that_counts_its_days_in_another_zone_is_refused_with_its_line(cast: Cast) -> None:
    elsewhere = PACK.replace("timezone: Asia/Shanghai", "timezone: America/New_York")
    line = elsewhere.splitlines().index("timezone: America/New_York") + 1
    answer = submit(cast, elsewhere)
    assert no(answer) == (422, "rule_pack_invalid")
    assert f"{line}: timezone_not_the_districts" in answer.json["detail"]
    assert "Asia/Shanghai" in answer.json["detail"]
    assert submit(cast).status_code == 201
