"""Photos over the API: in, out again to those who may see them, and no more than a person can take."""

from __future__ import annotations

import io
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from flask import Flask
from PIL import Image

from backend.kit.auth import Role
from backend.kit.db import db, rows, transaction
from backend.photos import service
from backend.photos.models import Photo
from backend.settings import Settings
from points.clock import FixedClock
from points.ids import new_id
from tests.app import OTHER_DISTRICT
from tests.cast import Cast, Person
from tests.pictures import drawn, photo_of, saved, sent

PER_DAY = 6


@pytest.fixture
def overrides() -> dict[str, dict[str, int]]:
    return {"photos": {"per_day": PER_DAY, "max_bytes": 2_000_000, "max_pixels": 1_000_000}}


@pytest.fixture
def folder(app: Flask) -> Path:
    settings: Settings = app.extensions["civic_settings"]
    return settings.data_dir / "photos"


def files_in(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def attach(person: Person, photo: str, subject: str) -> list[str]:
    with transaction():
        return service.use(service.own_photos(person.district, f"{person.kind}:{person.id}", [photo]), subject)


def test_a_resident_uploads_a_photo_and_sees_it_again(cast: Cast) -> None:
    resident = cast.resident()
    added = sent(resident, saved(drawn(1)))
    assert added.status_code == 201
    assert added.json == {
        "id": added.json["id"],
        "width": 320,
        "height": 240,
        "added_at": "2026-11-20T04:00:00+00:00",
        "used_for": None,
    }
    assert resident.get(f"/photos/{added.json['id']}").json == added.json
    for size, width in ((None, 320), ("full", 320), ("thumb", 320)):
        file = resident.get(f"/photos/{added.json['id']}/file", **({"size": size} if size else {}))
        assert (file.status_code, file.content_type) == (200, "image/jpeg")
        assert Image.open(io.BytesIO(file.data)).width == width


def test_a_photo_is_sent_so_that_no_browser_runs_or_keeps_it(cast: Cast) -> None:
    resident = cast.resident()
    photo = photo_of(resident)
    headers = resident.get(f"/photos/{photo}/file").headers
    assert headers["Content-Disposition"] == f'attachment; filename="{photo}.jpg"'
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Cache-Control"] == "no-store"


def test_files_lie_under_random_names_that_only_the_service_can_read(cast: Cast, folder: Path) -> None:
    resident = cast.resident()
    photo = photo_of(resident)
    files = files_in(folder)
    assert len(files) == 2
    for file in files:
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        assert photo not in str(file)
        assert resident.id not in str(file)
    for directory in [folder, *(path for path in folder.rglob("*") if path.is_dir())]:
        assert stat.S_IMODE(directory.stat().st_mode) == 0o700


def test_a_repeated_upload_is_answered_again_and_kept_once(cast: Cast, folder: Path, clock: FixedClock) -> None:
    resident, key = cast.resident(), new_id(clock.now())
    first = sent(resident, saved(drawn(1)), key=key)
    again = sent(resident, saved(drawn(1)), key=key)
    assert again.headers["Idempotency-Replayed"] == "true"
    assert again.json == first.json
    assert len(files_in(folder)) == 2
    other = sent(resident, saved(drawn(2)), key=key)
    assert (other.status_code, other.json["code"]) == (422, "idempotency_key_reused")


@pytest.mark.parametrize("who", ["another resident", "a stranger", "another district", "staff", "staff elsewhere"])
def test_a_photo_in_no_claim_is_nobody_elses(cast: Cast, who: str) -> None:
    photo = photo_of(cast.resident())
    person = {
        "another resident": lambda: cast.resident("钱大雪"),
        "a stranger": cast.stranger,
        "another district": lambda: cast.resident(district=OTHER_DISTRICT),
        "staff": lambda: cast.staff(Role.REVIEWER),
        "staff elsewhere": lambda: cast.staff(Role.REVIEWER, district=OTHER_DISTRICT),
    }[who]()
    expected = (401, "token_invalid") if who == "a stranger" else (404, "not_found")
    for path in (f"/photos/{photo}", f"/photos/{photo}/file"):
        answer = person.get(path)
        assert (answer.status_code, answer.json["code"]) == expected


def test_staff_who_handle_claims_see_the_photos_of_a_claim(cast: Cast) -> None:
    resident = cast.resident()
    photo = photo_of(resident)
    attach(resident, photo, "act:1")
    for role in (*sorted(service.HANDLERS), Role.FUND_MANAGER, Role.AUDITOR):
        status = 200 if role in service.HANDLERS else 404
        assert (role, cast.staff(role).get(f"/photos/{photo}/file").status_code) == (role, status)
        assert cast.staff(role, district=OTHER_DISTRICT).get(f"/photos/{photo}/file").status_code == 404


def test_an_id_that_is_none_is_not_found(cast: Cast) -> None:
    resident = cast.resident()
    for identifier in ("1", "x" * 300, "%00", "../../etc/passwd", "%E4%BD%A0"):
        assert (identifier, resident.get(f"/photos/{identifier}").status_code) == (identifier, 404)


def test_a_size_there_is_not_is_refused(cast: Cast) -> None:
    resident = cast.resident()
    answer = resident.get(f"/photos/{photo_of(resident)}/file", size="huge")
    assert (answer.status_code, answer.json["code"]) == (422, "invalid_fields")


@pytest.mark.parametrize(
    ("content", "status", "code"),
    [
        (b"no photo", 415, "photo_unreadable"),
        (saved(drawn(1), "GIF"), 415, "photo_unreadable"),
        (saved(Image.new("1", (2000, 2000)), "PNG"), 413, "photo_too_large_to_see"),
        (b"\xff\xd8" * 1_000_001, 413, "photo_too_large"),
        (b"\xff\xd8" * 1_100_000, 413, "body_too_large"),
    ],
)
def test_what_cannot_be_kept_is_refused_and_leaves_nothing(
    cast: Cast, folder: Path, content: bytes, status: int, code: str
) -> None:
    answer = sent(cast.resident(), content, name="photo.jpg")
    assert (answer.status_code, answer.json["code"]) == (status, code.replace("large_to_see", "many_pixels"))
    assert not files_in(folder)
    assert db.session.scalars(rows(Photo, "370112")).all() == []


def test_a_larger_body_is_taken_for_photos_alone(cast: Cast) -> None:
    resident = cast.resident()
    noise = saved(Image.effect_noise((999, 999), 100), "PNG")
    assert 900_000 < len(noise) < 2_000_000
    padded = noise + b"\0" * (1_500_000 - len(noise))
    assert sent(resident, padded).status_code == 201
    assert resident.put("/me", {"name": "x" * 1_500_000}).json["code"] == "body_too_large"


@pytest.mark.parametrize("name", ["nothing", "text", "picture"])
def test_a_form_without_the_one_file_is_refused(cast: Cast, name: str) -> None:
    form = {"nothing": {}, "text": {"file": "a text"}, "picture": {"picture": (io.BytesIO(b"x"), "a.jpg")}}[name]
    answer = cast.resident().post("/photos", data=form, content_type="multipart/form-data")
    assert (answer.status_code, answer.json["code"]) == (422, "invalid_fields")


def test_json_in_place_of_a_form_is_refused(cast: Cast) -> None:
    assert cast.resident().post("/photos", {"file": "x"}).status_code == 422


def test_a_person_uploads_so_many_photos_a_day_and_again_tomorrow(cast: Cast, clock: FixedClock) -> None:
    resident, other = cast.resident(), cast.resident("钱大雪")
    for seed in range(PER_DAY):
        photo_of(resident, seed)
    refused = sent(resident, saved(drawn(99)))
    assert (refused.status_code, refused.json["code"]) == (429, "photo_quota")
    photo_of(other)
    clock.advance(hours=13)
    photo_of(cast.signed_in("resident", resident.id, ("resident",)), 99)


def test_uploads_at_once_do_not_get_past_the_quota(cast: Cast, folder: Path) -> None:
    resident = cast.resident()
    small = saved(drawn(1, (64, 64)))

    def upload(_: int) -> int:
        person = Person(resident.app, resident.app.test_client(), resident.kind, resident.id, resident.token)
        return sent(person, small).status_code

    with ThreadPoolExecutor(8) as threads:
        statuses = list(threads.map(upload, range(2 * PER_DAY)))
    assert sorted(statuses) == [201] * PER_DAY + [429] * PER_DAY
    assert len(files_in(folder)) == 2 * PER_DAY


def test_a_photo_whose_file_is_gone_says_so(cast: Cast, folder: Path) -> None:
    resident = cast.resident()
    photo = photo_of(resident)
    for file in files_in(folder):
        file.unlink()
    answer = resident.get(f"/photos/{photo}/file")
    assert (answer.status_code, answer.json["code"]) == (410, "photo_gone")


def test_a_photo_that_was_not_committed_leaves_no_file(cast: Cast, folder: Path, app: Flask) -> None:
    resident = cast.resident()

    def cut_short() -> None:
        with transaction():
            service.add(_caller(resident), service.read(_caller(resident), io.BytesIO(saved(drawn(1)))))
            assert files_in(folder)
            raise RuntimeError("cut")

    with pytest.raises(RuntimeError, match="cut"):
        cut_short()
    assert not files_in(folder)


def _caller(person: Person) -> service.Caller:
    return service.Caller(person.kind, person.id, person.district, frozenset({Role.RESIDENT}))
