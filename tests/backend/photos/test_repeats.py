"""A photo is good for one claim; what looks like an earlier one is marked for a person to look at."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from PIL import Image

from backend.kit.db import db, transaction
from backend.kit.media import difference, likeness
from backend.photos import service
from points.errors import Refused
from tests.app import OTHER_DISTRICT
from tests.cast import Cast, Person
from tests.pictures import drawn, photo_of, saved, sent


def upload(person: Person, picture: Image.Image, **options: int) -> str:
    return str(sent(person, saved(picture, **options)).json["id"])


def use(person: Person, subject: str, *photos: str) -> list[str]:
    with transaction():
        return service.use(service.own_photos(person.district, f"resident:{person.id}", photos), subject)


def cropped(seed: int, share: float) -> Image.Image:
    picture = drawn(seed)
    across, down = int(picture.width * share), int(picture.height * share)
    return picture.crop((across, down, picture.width - across, picture.height - down))


def test_new_photos_carry_no_mark_and_name_their_claim(cast: Cast) -> None:
    resident = cast.resident()
    photos = [photo_of(resident, 1), photo_of(resident, 2)]
    assert use(resident, "act:1", *photos) == []
    assert [resident.get(f"/photos/{photo}").json["used_for"] for photo in photos] == ["act:1", "act:1"]
    assert {photo.id for photo in service.attached(resident.district, ["act:1"])["act:1"]} == set(photos)


@pytest.mark.parametrize("again", ["the same photo", "the same file", "saved again", "smaller", "nothing to see"])
def test_a_photo_used_before_is_refused(cast: Cast, again: str) -> None:
    resident = cast.resident()
    blank = Image.new("RGB", (80, 80), "navy")
    first = upload(resident, blank if again == "nothing to see" else drawn(1))
    use(resident, "act:1", first)
    second = {
        "the same photo": lambda: first,
        "the same file": lambda: upload(resident, drawn(1)),
        "saved again": lambda: upload(resident, drawn(1), quality=40),
        "smaller": lambda: upload(resident, drawn(1).resize((200, 150))),
        "nothing to see": lambda: upload(resident, blank),
    }[again]()
    with pytest.raises(Refused) as refused:
        use(resident, "act:2", second)
    assert (refused.value.code, refused.value.details["earlier"]) == ("photo_repeated", first)


def test_a_refused_use_attaches_nothing(cast: Cast) -> None:
    resident = cast.resident()
    used, fresh = photo_of(resident, 1), photo_of(resident, 2)
    use(resident, "act:1", used)
    with pytest.raises(Refused):
        use(resident, "act:2", fresh, used)
    assert resident.get(f"/photos/{fresh}").json["used_for"] is None


def test_a_photo_that_was_never_used_may_be_uploaded_again(cast: Cast) -> None:
    resident = cast.resident()
    photo_of(resident, 1)
    assert use(resident, "act:1", photo_of(resident, 1)) == []


def test_a_photo_much_like_an_earlier_one_is_marked_with_it(cast: Cast) -> None:
    picture = cropped(1, 0.04)
    assert 2 < difference(str(likeness(drawn(1))), str(likeness(picture))) <= 10
    resident = cast.resident()
    first = photo_of(resident, 1)
    use(resident, "act:1", first)
    assert use(resident, "act:2", upload(resident, picture)) == [f"alike:{first}"]


def test_photos_of_one_claim_may_look_alike(cast: Cast) -> None:
    resident = cast.resident()
    assert use(resident, "act:1", upload(resident, drawn(1)), upload(resident, drawn(1), quality=50)) == []


@pytest.mark.parametrize("quality", [75, 40])
def test_another_persons_photo_is_marked_and_not_refused(cast: Cast, quality: int) -> None:
    one, other = cast.resident(), cast.resident("钱大雪")
    first = upload(one, drawn(1), quality=75)
    use(one, "act:1", first)
    assert use(other, "act:2", upload(other, drawn(1), quality=quality)) == [f"others:{first}"]


def test_photos_are_not_compared_across_districts(cast: Cast) -> None:
    one, other = cast.resident(), cast.resident(district=OTHER_DISTRICT)
    use(one, "act:1", photo_of(one, 1))
    assert use(other, "act:1", photo_of(other, 1)) == []


def test_somebody_elses_photo_cannot_be_used(cast: Cast) -> None:
    one, other = cast.resident(), cast.resident("钱大雪")
    photo = photo_of(one)
    with pytest.raises(Refused) as refused:
        use(other, "act:1", photo)
    assert refused.value.code == "not_found"


def test_a_photo_used_twice_at_once_is_used_once(cast: Cast) -> None:
    resident = cast.resident()
    photos = [photo_of(resident, 1), upload(resident, drawn(1), quality=40)]

    def claim(number: int) -> str:
        with resident.app.app_context():
            try:
                use(resident, f"act:{number}", photos[number % 2])
            except Refused as refused:
                return refused.code
            finally:
                db.session.remove()
            return "used"

    with ThreadPoolExecutor(4) as threads:
        assert sorted(threads.map(claim, range(4))) == ["photo_repeated"] * 3 + ["used"]
