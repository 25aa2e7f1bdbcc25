"""The streets and communities, for anyone who must name one."""

from typing import Any

from backend.kit.auth import Caller
from backend.kit.http import Endpoints
from backend.places import service
from backend.places.schemas import CommunitiesSchema, StreetsSchema

endpoints = Endpoints("places", __name__, description="街道与社区 · streets and communities")


@endpoints.endpoint("GET", "/places/streets", may="places.list", answer=StreetsSchema)
def list_streets(caller: Caller) -> dict[str, Any]:
    """The streets of the district."""
    return {"items": service.streets(caller.district)}


@endpoints.endpoint("GET", "/places/streets/<code>/communities", may="places.list", answer=CommunitiesSchema)
def list_communities(caller: Caller, code: str) -> dict[str, Any]:
    """The communities and villages of a street."""
    street = service.street_of(caller.district, code)
    return {"items": [c for c in service.communities(caller.district) if c.street == street.code]}
