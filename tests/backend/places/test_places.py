"""The district's streets and communities."""

from tests.cast import Cast


def test_anyone_sees_the_17_streets_and_632_communities(cast: Cast) -> None:
    stranger = cast.stranger()
    streets = stranger.get("/places/streets").json["items"]
    communities = [stranger.get(f"/places/streets/{s['code']}/communities").json["items"] for s in streets]
    assert len(streets) == 17
    assert sum(map(len, communities)) == 632
    assert [len(c) for c in communities] == [s["communities"] for s in streets]


def test_an_unknown_street_is_refused(cast: Cast) -> None:
    answer = cast.stranger().get("/places/streets/999999999/communities")
    assert (answer.status_code, answer.json["code"]) == (422, "street_unknown")
