"""GeoReport v2: what other systems see and send; golden files keep its shapes."""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as Xml

import pytest
from flask import Flask
from flask.testing import FlaskClient
from jsonschema import Draft202012Validator
from referencing import Registry, Resource
from werkzeug.test import TestResponse

from backend.kit.clock import fresh_id, now
from backend.kit.db import db, transaction
from backend.passbook.models import Earning
from backend.settings import ROOT
from backend.staff.models import Partner
from backend.tickets.models import Ticket
from points.clock import FixedClock
from points.ids import new_id
from tests.app import DISTRICT, NOON, OTHER_DISTRICT
from tests.backend.tickets.town import Town

BASE = "/open311/v2"
GOLDEN = Path(__file__).parent / "golden"
SCHEMAS = ROOT.parent / "shared" / "data" / "open311_schemas"
KEY = "k" * 43
FORM = {"api_key": KEY, "service_code": "street-light", "lat": "36.69", "long": "117.08", "description": "路灯不亮"}


def partner(district: str = DISTRICT, key: str = KEY, *, closed: bool = False) -> str:
    """A partner in the books; answers its id."""
    identifier = fresh_id()
    with transaction() as session:
        session.add(
            Partner(
                district=district,
                id=identifier,
                name=f"合作系统-{identifier[-6:]}",
                key_hash=hashlib.sha256(key.encode()).hexdigest(),
                closed=closed,
                created_at=now(),
            )
        )
    return identifier


@pytest.fixture
def post(client: FlaskClient, app: Flask) -> Any:
    """Posts a form: `post(description=…)`; None takes a field out."""
    partner()

    def posting(form: str = "json", headers: dict[str, str] | None = None, **changes: str | None) -> TestResponse:
        fields = {name: value for name, value in (FORM | changes).items() if value is not None}
        return client.post(f"{BASE}/requests.{form}", data=fields, headers=headers)

    return posting


def same_as_golden(name: str, answer: TestResponse) -> None:
    """The answer, with ids taken out, is what the file holds."""
    text = re.sub(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}", "ID", answer.get_data(as_text=True))
    assert text.strip() == (GOLDEN / name).read_text(encoding="utf-8").strip()


@pytest.mark.parametrize(("form", "kind"), [("json", "application/json"), ("xml", "text/xml")])
def test_the_answers_are_those_of_the_golden_files(
    client: FlaskClient, post: Any, town: Town, form: str, kind: str
) -> None:
    posted = post(form)
    assert (posted.status_code, posted.mimetype) == (200, kind)
    same_as_golden(f"posted.{form}", posted)
    ticket = db.session.query(Ticket).one().id
    town.step(town.desk, ticket, "verify")
    town.step(town.desk, ticket, "dispatch", unit="roads")
    for name, path in {
        "services": "services",
        "definition": "services/exposed-rubbish",
        "request": f"requests/{ticket}",
        "requests": "requests",
        "token": f"tokens/{ticket}",
        "error": "services/nothing",
    }.items():
        answer = client.get(f"{BASE}/{path}.{form}")
        assert answer.mimetype == kind
        same_as_golden(f"{name}.{form}", answer)


def validator(name: str) -> Draft202012Validator:
    if not SCHEMAS.is_dir():
        pytest.skip(f"the schemas of GeoReport are not at {SCHEMAS}")
    loaded = {path.name: json.loads(path.read_text(encoding="utf-8")) for path in SCHEMAS.glob("*.json")}
    found = [(key, Resource.from_contents(value, _default_specification())) for key, value in loaded.items()]
    return Draft202012Validator(loaded[name], registry=Registry().with_resources(found))


def _default_specification() -> Any:
    from referencing.jsonschema import DRAFT202012

    return DRAFT202012


def test_the_answers_follow_the_schemas_of_the_standard(client: FlaskClient, post: Any, town: Town) -> None:
    ticket = post().json[0]["service_request_id"]
    town.closed()
    town.report(address="洪楼广场", position=None)
    for path, name in {
        "services": "services.json",
        "services/street-light": "service-definition.json",
        "requests": "requests.json",
        f"requests/{ticket}": "requests.json",
    }.items():
        answer = client.get(f"{BASE}/{path}.json").json
        one = validator({"services.json": "service.json", "requests.json": "request.json"}.get(name, name))
        problems = [
            e.message for item in (answer if isinstance(answer, list) else [answer]) for e in one.iter_errors(item)
        ]
        assert problems == []
        assert len(answer) > 0


def test_a_posted_request_becomes_a_ticket_without_a_reporter(post: Any, town: Town) -> None:
    ticket = post(address_string="工业北路与二环东路口").json[0]["service_request_id"]
    seen = town.desk.get(f"/tickets/{ticket}").json
    assert (seen["source"], seen["category"], seen["state"]) == ("open311", "路灯故障", "received")
    assert (seen["position"], seen["address"]) == ({"lat": 36.69, "lon": 117.08}, "工业北路与二环东路口")
    town.step(town.desk, ticket, "verify")
    assert db.session.query(Earning).count() == 0
    assert town.reporter.get(f"/tickets/{ticket}").json["code"] == "not_found"


def test_what_a_caller_says_of_persons_and_its_media_url_are_not_kept(client: FlaskClient, post: Any) -> None:
    persons = {
        "first_name": "某",
        "last_name": "王",
        "email": "w@example.org",
        "phone": "13800001111",
        "device_id": "device-of-somebody",
    }
    answer = post(media_url="http://example.org/a.jpg", account_id="account-of-somebody", **persons)
    assert answer.status_code == 200
    row = db.session.query(Ticket).one()
    kept = json.dumps({c.name: str(getattr(row, c.name)) for c in Ticket.__table__.columns}, ensure_ascii=False)
    shown = client.get(f"{BASE}/requests/{row.id}.json").get_data(as_text=True)
    for word in ("王", "example.org", "13800001111", "device-of", "account-of"):
        assert word not in kept
        assert word not in shown


def test_words_are_shown_only_once_staff_have_verified_them(client: FlaskClient, post: Any, town: Town) -> None:
    ticket = post(address_string="甲楼东侧").json[0]["service_request_id"]
    before = client.get(f"{BASE}/requests/{ticket}.json").json[0]
    town.step(town.desk, ticket, "verify")
    after = client.get(f"{BASE}/requests/{ticket}.json").json[0]
    assert (before["description"], before["address"], before["status"]) == (None, None, "open")
    assert (after["description"], after["address"], after["status"]) == ("路灯不亮", "甲楼东侧", "open")


def test_a_refused_request_is_closed_and_its_words_stay_hidden(client: FlaskClient, post: Any, town: Town) -> None:
    ticket = post().json[0]["service_request_id"]
    town.step(town.desk, ticket, "refuse", reason="不属实")
    shown = client.get(f"{BASE}/requests/{ticket}.json").json[0]
    assert (shown["status"], shown["description"], shown["status_notes"]) == ("closed", None, "未立案 · not filed")


def test_a_request_of_a_reporter_shows_nothing_of_the_reporter(client: FlaskClient, town: Town) -> None:
    ticket = town.closed()
    for form in ("json", "xml"):
        text = client.get(f"{BASE}/requests/{ticket}.{form}").get_data(as_text=True)
        assert town.reporter.id not in text
        assert "closed" in text


def test_an_address_id_is_the_code_of_a_street_or_community(client: FlaskClient, post: Any, town: Town) -> None:
    community = client.get("/api/v1/places/streets/370112001/communities").json["items"][0]
    ticket = post(lat=None, long=None, address_id=community["code"]).json[0]["service_request_id"]
    seen = town.desk.get(f"/tickets/{ticket}").json
    assert (seen["street"], seen["address"], seen["position"]) == ("370112001", community["name"], None)


BAD: list[tuple[dict[str, str | None], int, str]] = [
    ({"api_key": None}, 400, "open311_key_needed"),
    ({"api_key": "wrong"}, 403, "open311_key_invalid"),
    ({"api_key": "é" * 5000}, 403, "open311_key_invalid"),
    ({"service_code": None}, 400, "open311_field_wrong"),
    ({"service_code": "nothing"}, 404, "open311_service_unknown"),
    ({"lat": None, "long": None}, 400, "open311_field_wrong"),
    ({"lat": None}, 400, "open311_field_wrong"),
    ({"long": ""}, 400, "open311_field_wrong"),
    ({"lat": "91"}, 400, "open311_field_wrong"),
    ({"lat": "nan"}, 400, "open311_field_wrong"),
    ({"long": "-inf"}, 400, "open311_field_wrong"),
    ({"lat": "36,69"}, 400, "open311_field_wrong"),
    ({"description": "灯" * 4001}, 400, "open311_field_wrong"),
    ({"description": "灯\x00"}, 400, "open311_field_wrong"),
    ({"description": "联系 13800001111"}, 400, "names_a_person"),
    ({"address_string": "甲" * 201}, 400, "open311_field_wrong"),
    ({"address_id": "1"}, 400, "open311_field_wrong"),
    ({"jurisdiction_id": "example.org"}, 404, "open311_jurisdiction_unknown"),
    ({"jurisdiction_id": OTHER_DISTRICT}, 403, "open311_key_invalid"),
]


def test_a_post_that_cannot_be_is_refused_in_the_standards_shape(post: Any, subtests: pytest.Subtests) -> None:
    for changes, status, code in BAD:
        for form in ("json", "xml"):
            with subtests.test(changes=str(changes)[:60], form=form):
                answer = post(form, **changes)
                assert answer.status_code == status
                assert errors_in(answer) == [(status, code)]
    assert db.session.query(Ticket).count() == 0


def errors_in(answer: TestResponse) -> list[tuple[int, str]]:
    """Each error's code, and the word its description begins with."""
    if answer.mimetype == "application/json":
        return [(error["code"], error["description"].split(":")[0]) for error in answer.json]
    top = Xml.fromstring(answer.data)  # our own answer
    return [(int(e.findtext("code", "")), e.findtext("description", "").split(":")[0]) for e in top.iter("error")]


def test_a_closed_partner_can_post_no_more(client: FlaskClient, app: Flask) -> None:
    partner(closed=True)
    answer = client.post(f"{BASE}/requests.json", data=FORM)
    assert (answer.status_code, answer.json[0]["code"]) == (403, 403)


def test_a_partner_of_another_district_posts_there(client: FlaskClient, app: Flask) -> None:
    partner(OTHER_DISTRICT)
    ticket = client.post(f"{BASE}/requests.json", data=FORM).json[0]["service_request_id"]
    assert db.session.query(Ticket).one().district == OTHER_DISTRICT
    assert client.get(f"{BASE}/requests/{ticket}.json").status_code == 404
    assert client.get(f"{BASE}/requests/{ticket}.json?jurisdiction_id={OTHER_DISTRICT}").status_code == 200


def test_a_form_is_posted_as_a_form(client: FlaskClient, app: Flask) -> None:
    partner()
    for content in ("application/json", "multipart/form-data; boundary=x", "text/plain", ""):
        answer = client.post(f"{BASE}/requests.json", data=b"{}", content_type=content)
        assert (answer.status_code, answer.json[0]["description"].split(":")[0]) == (400, "open311_form_needed")


def test_a_field_given_twice_or_unreadable_is_refused(client: FlaskClient, app: Flask) -> None:
    partner()
    for body in (b"api_key=a&api_key=b", b"api_key=%00", b"%00=1"):
        answer = client.post(f"{BASE}/requests.json", data=body, content_type="application/x-www-form-urlencoded")
        assert (answer.status_code, answer.json[0]["description"].split(":")[0]) == (400, "open311_field_wrong")


def test_a_body_that_is_too_large_is_refused_in_the_standards_shape(client: FlaskClient, app: Flask) -> None:
    answer = client.post(f"{BASE}/requests.json", data={"description": "x" * 1_100_000})
    assert (answer.status_code, answer.json[0]["code"]) == (413, 413)


@pytest.mark.parametrize("form", ["json", "xml"])
def test_a_repeated_post_with_a_key_gets_its_first_answer(post: Any, clock: FixedClock, form: str) -> None:
    key = {"Idempotency-Key": new_id(clock.now())}
    first, second = post(form, key), post(form, key)
    assert (first.data, first.mimetype) == (second.data, second.mimetype)
    assert second.headers["Idempotency-Replayed"] == "true"
    other = post("json", key, description="另一件事")
    assert (other.status_code, other.json[0]["description"].split(":")[0]) == (400, "idempotency_key_reused")
    assert post("json", {"Idempotency-Key": "1"}).status_code == 400
    assert db.session.query(Ticket).count() == 1


def ids(answer: TestResponse) -> set[str]:
    assert answer.status_code == 200, answer.text
    return {item["service_request_id"] for item in answer.json}


def test_a_list_holds_the_last_90_days_unless_said_otherwise(client: FlaskClient, town: Town) -> None:
    old = town.report()
    town.wait(days=91)
    new = town.report()
    assert ids(client.get(f"{BASE}/requests.json")) == {new}
    first = {"start_date": "2026-11-20T00:00:00+08:00"}
    assert ids(client.get(f"{BASE}/requests.json", query_string=first)) == {old}
    assert ids(client.get(f"{BASE}/requests.json?start_date=2026-11-20T00:00:00+08:00")) == {old}  # an unescaped plus
    assert ids(client.get(f"{BASE}/requests.json?end_date=2026-11-20T04:00:00Z")) == {old}
    assert ids(client.get(f"{BASE}/requests.json?end_date=2026-11-20T03:59:59Z")) == set()


def test_a_list_is_filtered_by_service_and_status_and_ids_override(client: FlaskClient, town: Town) -> None:
    rubbish, lamp, done = town.report(), town.report(category="路灯故障"), town.closed()
    listed = f"{BASE}/requests.json"
    assert ids(client.get(f"{listed}?service_code=street-light")) == {lamp}
    assert ids(client.get(f"{listed}?service_code=street-light,exposed-rubbish")) == {rubbish, lamp, done}
    assert ids(client.get(f"{listed}?service_code=nothing")) == set()
    assert ids(client.get(f"{listed}?status=closed")) == {done}
    assert ids(client.get(f"{listed}?status=open")) == {rubbish, lamp}
    assert ids(client.get(f"{listed}?status=open,closed")) == {rubbish, lamp, done}
    assert ids(client.get(f"{listed}?service_request_id={lamp},{done},nothing&status=closed&service_code=x")) == {
        lamp,
        done,
    }


def test_a_list_has_at_most_a_thousand_newest_first(client: FlaskClient, post: Any) -> None:
    from sqlalchemy import insert

    post()
    row = db.session.query(Ticket).one()
    same = {c.name: getattr(row, c.name) for c in Ticket.__table__.columns}
    with transaction() as session:
        copies = [same | {"id": new_id(NOON), "source_id": str(n)} for n in range(1000)]
        session.execute(insert(Ticket.__table__), copies)
    assert len(client.get(f"{BASE}/requests.json").json) == 1000


def test_a_list_is_asked_for_properly(client: FlaskClient, app: Flask) -> None:
    for query, status in [
        ("start_date=yesterday", 400),
        ("start_date=2026-11-20", 400),
        ("start_date=2026-11-20T00:00:00", 400),
        ("start_date=0001-01-01T00:00:00Z", 400),
        ("start_date=9999-12-31T23:59:59-12:00", 400),
        ("start_date=2026-01-01T00:00:00Z&end_date=2026-04-02T00:00:00Z", 400),
        ("start_date=2026-04-02T00:00:00Z&end_date=2026-04-01T00:00:00Z", 400),
        ("status=lost", 400),
        ("status=", 200),
        ("service_request_id=" + ",".join("x" * 1001), 400),
        ("service_request_id=%00", 400),
        ("service_request_id=x", 200),
        ("jurisdiction_id=370199", 404),
        ("jurisdiction_id=370112", 200),
        ("unheard=of", 200),
    ]:
        answer = client.get(f"{BASE}/requests.json?{query}")
        assert answer.status_code == status, query
        if status != 200:
            assert [error["code"] for error in answer.json] == [status]


def test_what_is_not_there_is_said_in_the_standards_shape(client: FlaskClient, app: Flask) -> None:
    for path in [
        "/",
        "/services",
        "/services.txt",
        "/requests.html",
        "/requests/x.json",
        "/requests/00000000-0000-7000-8000-000000000000.json",
        "/tokens/%00.json",
        "/services/%00.json",
        "/services/nothing.json",
        "/a/b/c.json",
    ]:
        answer = client.get(BASE + path)
        assert answer.status_code == 404, path
        if path.endswith(".json"):
            assert [set(error) for error in answer.json] == [{"code", "description"}]
        else:
            assert Xml.fromstring(answer.data).tag == "errors"


def test_another_method_is_refused_in_the_standards_shape(client: FlaskClient, app: Flask) -> None:
    for method in ["put", "delete", "post"]:
        answer = getattr(client, method)(f"{BASE}/services.json")
        assert (answer.status_code, answer.json[0]["code"]) == (404, 404), method
