"""Taking over tickets from a file: every row accounted for, each once, dirt marked, nothing earned."""

from __future__ import annotations

import csv
import gzip
import io
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from backend.kit.audit import AuditLine
from backend.kit.db import db
from backend.passbook.models import Earning
from backend.settings import CONFIG, ROOT
from backend.tickets.importing import ImportResult, Problem, import_csv
from backend.tickets.importing.file import COLUMNS, open_table
from backend.tickets.models import Ticket
from points.errors import Refused
from tests.app import DISTRICT, OTHER_DISTRICT
from tests.backend.tickets.town import Town

REAL = ROOT.parent / "shared" / "data" / "boston311_2011H2.csv.gz"
OTHER_REAL = ROOT.parent / "shared" / "data" / "la311_202001.csv.gz"
SAMPLE = CONFIG / "samples" / "tickets_sample.csv"
GOOD = {
    "source": "elsewhere",
    "ticket_id": "1",
    "category": "Street Lights",
    "subcategory": "Street Light Outages",
    "created_at": "2011-07-01T01:32:33-04:00",
    "sla_due_at": "2011-07-15T01:32:32-04:00",
    "closed_at": "2011-07-01T05:06:58-04:00",
    "status": "Closed",
    "on_time": "ONTIME",
    "is_duplicate": "0",
    "closure_class": "Resolved",
    "channel": "Self Service",
    "anonymous": "",
    "area": "Roslindale",
    "lat": "42.2715",
    "lon": "-71.0772",
}
Write = Callable[..., Path]


def text_of(*rows: dict[str, str], header: tuple[str, ...] = COLUMNS) -> str:
    out = io.StringIO()
    table = csv.DictWriter(out, header, extrasaction="ignore", restval="", lineterminator="\n")
    table.writeheader()
    table.writerows([GOOD | {"ticket_id": str(n)} | row for n, row in enumerate(rows, 1)])
    return out.getvalue()


@pytest.fixture
def write(tmp_path: Path, app: Flask) -> Write:
    """Writes a file of rows (what differs from a good one), or of raw bytes; answers its path."""

    def writing(*rows: dict[str, str], raw: bytes | None = None, name: str = "tickets.csv") -> Path:
        path = tmp_path / name
        path.write_bytes(text_of(*rows).encode() if raw is None else raw)
        return path

    return writing


def counted(result: ImportResult) -> ImportResult:
    """The result, after its sum was checked."""
    assert result.rows == result.imported + result.known + sum(result.refused.values())
    return result


def tickets() -> int:
    return int(db.session.scalar(select(func.count()).select_from(Ticket)) or 0)


def test_a_row_becomes_a_ticket_with_its_times_and_its_own_words(write: Write) -> None:
    result = counted(import_csv(write({}), DISTRICT))
    assert (result.imported, result.known, dict(result.refused), dict(result.marked)) == (1, 0, {}, {})
    ticket = db.session.query(Ticket).one()
    assert (ticket.source, ticket.source_id, ticket.category, ticket.state) == ("elsewhere", "1", "路灯故障", "closed")
    assert ticket.reported_at == datetime(2011, 7, 1, 5, 32, 33, tzinfo=UTC)
    assert ticket.due_at == datetime(2011, 7, 15, 5, 32, 32, tzinfo=UTC)
    assert ticket.closed_at == datetime(2011, 7, 1, 9, 6, 58, tzinfo=UTC)
    assert (ticket.lat, ticket.lon, ticket.reporter, ticket.partner) == (42.2715, -71.0772, None, None)
    assert ticket.origin is not None
    assert (ticket.origin["subcategory"], ticket.origin["area"]) == ("Street Light Outages", "Roslindale")


def test_a_second_import_adds_nothing(write: Write) -> None:
    path = write({}, {}, {})
    import_csv(path, DISTRICT)
    again = counted(import_csv(path, DISTRICT))
    assert (again.rows, again.imported, again.known, tickets()) == (3, 0, 3, 3)


def test_what_changed_in_the_file_does_not_change_a_known_ticket(write: Write) -> None:
    import_csv(write({}), DISTRICT)
    import_csv(write({"status": "Open", "closed_at": ""}), DISTRICT)
    assert db.session.query(Ticket).one().state == "closed"


def test_a_row_that_stands_twice_in_one_file_is_taken_once(write: Write) -> None:
    result = counted(import_csv(write({}, {"ticket_id": "1", "status": "Open"}), DISTRICT))
    assert (result.imported, result.known, tickets()) == (1, 1, 1)
    assert db.session.query(Ticket).one().state == "closed"


def test_the_same_number_of_another_source_or_district_is_another_ticket(write: Write) -> None:
    import_csv(write({}, {"ticket_id": "1", "source": "third"}), DISTRICT)
    import_csv(write({}), OTHER_DISTRICT)
    assert tickets() == 3


def test_two_imports_at_once_take_each_row_once(app: Flask, write: Write) -> None:
    path = write(*({} for _ in range(1200)))

    def run(_: int) -> ImportResult:
        with app.app_context():
            try:
                return import_csv(path, DISTRICT)
            finally:
                db.session.remove()

    with ThreadPoolExecutor(2) as pool:
        results = [counted(result) for result in pool.map(run, range(2))]
    assert (sum(r.imported for r in results), tickets()) == (1200, 1200)


def test_an_imported_ticket_earns_nothing_when_it_is_handled(town: Town, write: Write) -> None:
    import_csv(write({"status": "Open", "closed_at": ""}), DISTRICT)
    ticket = town.desk.get("/tickets").json["items"][0]["id"]
    assert town.desk.post(f"/tickets/{ticket}/verify").json["code"] == "wrong_state"
    town.step(town.desk, ticket, "dispatch", unit="roads")
    town.step(town.handler, ticket, "fix", note="已修复")
    town.step(town.walker, ticket, "check", passed=True)
    assert db.session.query(Earning).count() == 0


MARKS = [
    ({"source": "boston311", "lat": "42.3594", "lon": "-71.0587"}, ["position_unknown"]),
    ({"source": "boston311", "lat": "42.3603", "lon": "-71.0583"}, ["position_unknown"]),
    ({"lat": "42.3594", "lon": "-71.0587"}, []),  # another source's default is a place like any other
    ({"lat": "", "lon": ""}, ["position_unknown"]),
    ({"sla_due_at": "2011-06-30T00:00:00-04:00"}, ["due_before_opened"]),
    ({"closed_at": "2011-06-30T00:00:00-04:00"}, ["closed_before_opened"]),
    ({"closed_at": "2011-07-01T01:32:33-04:00"}, ["closed_at_once"]),
    ({"closed_at": "2011-07-01T05:32:33+00:00"}, ["closed_at_once"]),
    ({"closed_at": ""}, ["closed_without_time"]),
    ({"status": "Open"}, ["open_but_closed"]),
    ({"area": "山大路\u3000街道", "channel": "a\tb"}, []),
    ({"sla_due_at": "", "closure_class": "", "area": "", "on_time": ""}, []),
]


def test_dirt_is_kept_and_marked(write: Write) -> None:
    result = counted(import_csv(write(*(row for row, _ in MARKS)), DISTRICT))
    assert result.imported == len(MARKS)
    assert dict(result.marked) == Counter(mark for _, marks in MARKS for mark in marks)
    for number, (row, marks) in enumerate(MARKS, 1):
        ticket = db.session.scalars(select(Ticket).where(Ticket.source_id == str(number))).one()
        assert (ticket.marks, ticket.lat is None) == (marks, "position_unknown" in marks), row


BAD_ROWS = [
    ({"source": ""}, "missing_value"),
    ({"ticket_id": ""}, "missing_value"),
    ({"category": ""}, "missing_value"),
    ({"created_at": ""}, "missing_value"),
    ({"status": ""}, "missing_value"),
    ({"source": "Elsewhere!"}, "bad_source"),
    ({"source": "s" * 21}, "bad_source"),
    ({"source": "reporter"}, "reserved_source"),
    ({"source": "open311"}, "reserved_source"),
    ({"ticket_id": "1" * 61}, "value_too_long"),
    ({"category": "c" * 201}, "value_too_long"),
    ({"created_at": "yesterday"}, "bad_time"),
    ({"created_at": "2011-07-01T01:32:33"}, "bad_time"),
    ({"created_at": "0001-01-01T00:00:00+14:00"}, "bad_time"),
    ({"closed_at": "9999-12-31T23:59:59-12:00"}, "bad_time"),
    ({"sla_due_at": "2011-13-01T00:00:00-04:00"}, "bad_time"),
    ({"status": "Lost"}, "bad_status"),
    ({"is_duplicate": "2"}, "bad_flag"),
    ({"lat": "north"}, "bad_position"),
    ({"lat": ""}, "bad_position"),
    ({"lon": "nan"}, "bad_position"),
    ({"lat": "91"}, "bad_position"),
    ({"area": "a\x07b"}, "control_characters"),
    ({"area": "a\x00b"}, "control_characters"),
    ({"area": "a\u2028b"}, "control_characters"),
]


def test_a_row_that_cannot_be_is_counted_with_its_line_and_the_others_go_on(write: Write) -> None:
    rows = [row for bad, _ in BAD_ROWS for row in (bad, {})]
    result = counted(import_csv(write(*rows), DISTRICT))
    assert (result.imported, tickets()) == (len(BAD_ROWS), len(BAD_ROWS))
    assert dict(result.refused) == Counter(code for _, code in BAD_ROWS)
    assert result.problems == [Problem(2 * n + 2, code) for n, (_, code) in enumerate(BAD_ROWS)]


def test_a_line_that_is_no_row_spoils_only_itself(write: Write) -> None:
    lines: list[tuple[bytes, str]] = [
        (b"boston311,1,too,few", "wrong_number_of_fields"),
        (b",".join([b"x"] * 17), "wrong_number_of_fields"),
        (b"\xff\xfe" + b"," * 15, "not_utf8"),
        (b'"never closed' + b"," * 15, "bad_quotes"),
        (b"x" * 70_000, "line_too_long"),
        (b"x" * 65_536, "line_too_long"),
        (b"x" * 200_000, "line_too_long"),
    ]
    good = text_of({}, {}).encode().splitlines()
    path = write(raw=b"\r\n".join([good[0], good[1], b"", *(line for line, _ in lines), good[2]]))
    result = counted(import_csv(path, DISTRICT))
    assert (result.rows, result.imported) == (len(lines) + 2, 2)
    assert result.problems == [Problem(n, code) for n, (_, code) in enumerate(lines, 4)]


def test_columns_may_stand_in_another_order_after_a_mark_of_utf8_and_with_more_beside_them(write: Write) -> None:
    header = ("extra", *reversed(COLUMNS))
    path = write(raw=b"\xef\xbb\xbf" + text_of({"extra": "x"}, header=header).encode())
    assert counted(import_csv(path, DISTRICT)).imported == 1


def test_a_gzip_file_is_read_whatever_its_name(write: Write) -> None:
    packed = gzip.compress(text_of({}).encode())
    assert import_csv(write(raw=packed, name="a.csv.gz"), DISTRICT).imported == 1
    assert import_csv(write(raw=packed, name="a.csv"), DISTRICT).known == 1


WRONG: list[tuple[str, bytes, str]] = [
    ("a.csv", b"", "import_columns_missing"),
    ("a.csv", b"\n\n", "import_columns_missing"),
    ("a.csv", b"\x89PNG\r\n\x1a\n\x00\x00", "import_columns_missing"),
    ("a.csv", "source,ticket_id\n1,2\n".encode("utf-16"), "import_columns_missing"),
    ("a.csv", b"source,ticket_id\n1,2\n", "import_columns_missing"),
    ("a.csv", text_of({}).replace("lat,lon", "lat,lat").encode(), "import_columns_missing"),
    ("a.csv", text_of({}, header=(*COLUMNS, "lat")).encode(), "import_columns_missing"),
    ("a.csv", b"x" * 200_000, "import_columns_missing"),
    ("a.csv.gz", text_of({}).encode(), "import_file_broken"),
    ("a.csv.gz", b"", "import_file_broken"),
    ("a.csv.gz", gzip.compress(text_of(*({} for _ in range(900))).encode())[:-20], "import_file_broken"),
    ("a.csv.gz", gzip.compress(text_of({}).encode())[:-8] + b"\x00" * 8, "import_file_broken"),
    ("a.csv.gz", b"\x1f\x8b" + b"nonsense" * 10, "import_file_broken"),
]


def test_a_wrong_file_is_refused_before_anything_is_written(write: Write, subtests: pytest.Subtests) -> None:
    for name, raw, code in WRONG:
        with subtests.test(name=name, raw=raw[:30]):
            with pytest.raises(Refused) as refused:
                import_csv(write(raw=raw, name=name), DISTRICT)
            assert refused.value.code == code
    assert tickets() == 0


def test_a_file_that_is_not_there_or_a_folder_is_refused(app: Flask, tmp_path: Path) -> None:
    for path in (tmp_path / "none.csv", tmp_path, tmp_path / ("x" * 300)):
        with pytest.raises(Refused) as refused:
            import_csv(path, DISTRICT)
        assert refused.value.code == "import_file_unreadable"


def test_a_district_that_is_not_ours_is_refused(write: Write) -> None:
    with pytest.raises(Refused) as refused:
        import_csv(write({}), "370199")
    assert refused.value.code == "district_unknown"


def test_progress_tells_rows_done_of_all(write: Write) -> None:
    told: list[tuple[int, int]] = []
    import_csv(write(*({} for _ in range(1100))), DISTRICT, progress=lambda done, of: told.append((done, of)))
    assert told == [(500, 1100), (1000, 1100), (1100, 1100), (1100, 1100)]


def test_an_import_that_added_something_is_in_the_audit_log(write: Write) -> None:
    path = write({})
    for _ in range(2):
        import_csv(path, DISTRICT, actor="console:演示")
    lines = db.session.query(AuditLine).all()
    assert [(line.actor, line.action, line.details) for line in lines] == [
        ("console:演示", "tickets.imported", {"rows": 1})
    ]


def test_the_sample_is_generated_and_whole(app: Flask) -> None:
    result = counted(import_csv(SAMPLE, DISTRICT))
    assert (result.rows, result.imported, dict(result.refused)) == (300, 300, {})
    assert {"position_unknown", "closed_at_once", "due_before_opened"} <= set(result.marked)
    assert db.session.scalars(select(Ticket.source).distinct()).all() == ["generated"]


def test_the_generator_makes_the_sample_that_is_shipped(tmp_path: Path) -> None:
    script = tmp_path / "make_tickets_sample.py"
    script.write_bytes((CONFIG / "samples" / "make_tickets_sample.py").read_bytes())
    subprocess.run([sys.executable, str(script)], check=True, timeout=60)
    assert (tmp_path / "tickets_sample.csv").read_bytes() == SAMPLE.read_bytes()


def real(path: Path) -> Path:
    if not path.exists():
        pytest.skip(f"the real tickets are not at {path}")
    return path


@pytest.mark.timeout(600)
def test_the_real_tickets_of_half_a_year_are_taken_over_once(app: Flask) -> None:
    result = counted(import_csv(real(REAL), DISTRICT))
    assert (result.rows, result.imported, dict(result.refused)) == (58_251, 58_251, {})
    assert dict(result.marked) == {"position_unknown": 4_775 + 154, "closed_at_once": 2_499, "due_before_opened": 3}
    again = counted(import_csv(REAL, DISTRICT))
    assert (again.imported, again.known, tickets()) == (0, 58_251, 58_251)


def test_the_real_tickets_of_another_city_are_read_too(app: Flask) -> None:
    table = open_table(real(OTHER_REAL))
    assert table.rows == 10_000
    result = counted(import_csv(OTHER_REAL, DISTRICT))
    assert (result.imported, dict(result.refused)) == (10_000, {})


def test_the_command_says_what_became_of_every_row(tmp_path: Path, write: Write) -> None:
    from click.testing import CliRunner

    from backend.cli.main import cli
    from backend.cli.place import service

    path = write({}, {"status": "Lost"}, {"lat": "", "lon": ""})
    with service(str(tmp_path / "place")):
        """A place where a service has worked."""
    command = ["tickets", "import", str(path), "--as", "邹立夏", "--data", str(tmp_path / "place")]
    first, second = (CliRunner().invoke(cli, command) for _ in range(2))
    assert first.exit_code == 0, first.output
    assert first.stdout.split("\n")[:5] == [
        "rows      3",
        "imported  2",
        "known     0",
        "refused   1 bad_status",
        "marked    1 position_unknown",
    ]
    assert "line 3: bad_status" in first.stderr
    assert second.stdout.split("\n")[1:3] == ["imported  0", "known     2"]


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["none.csv"], "import_file_unreadable"),
        (["README.md"], "import_columns_missing"),
    ],
)
def test_the_command_refuses_a_wrong_file_with_code_2_and_starts_nothing(
    tmp_path: Path, arguments: list[str], code: str
) -> None:
    from click.testing import CliRunner

    from backend.cli.main import cli

    (tmp_path / "README.md").write_text("# no table")
    place = tmp_path / "place"
    named = ["--as", "邹立夏", "--data", str(place)]
    done: Any = CliRunner().invoke(cli, ["tickets", "import", str(tmp_path / arguments[0]), *named])
    assert (done.exit_code, f"code: {code}" in done.stderr, place.exists()) == (2, True, False)
