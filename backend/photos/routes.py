"""A photo in, and out again to those who may see it. Photos are never public here."""

from __future__ import annotations

from typing import Any

from flask import Response

from backend.kit.auth import Caller
from backend.kit.http import Endpoints
from backend.kit.media import Picture
from backend.photos import schemas, service
from backend.photos.models import Photo

endpoints = Endpoints("photos", __name__, description="照片 · photos")


def _decoded(caller: Caller, given: dict[str, Any]) -> dict[str, Any]:
    return {"files": service.read(caller, given["files"]["file"].stream)}


@endpoints.endpoint(
    "POST",
    "/photos",
    may="photos.add",
    files=schemas.PhotoUpload,
    answer=schemas.PhotoSchema,
    status=201,
    body_bytes=service.most_body_bytes,
    before=_decoded,
)
def add_photo(caller: Caller, files: Picture) -> Photo:
    """Upload one photo, to be named in a claim later."""
    return service.add(caller, files)


@endpoints.endpoint("GET", "/photos/<id>", may="photos.see", answer=schemas.PhotoSchema)
def see_photo(caller: Caller, id: str) -> Photo:  # noqa: A002 - the path's word
    """What is known of a photo."""
    return service.photo_for(caller, id)


@endpoints.endpoint("GET", "/photos/<id>/file", may="photos.see", query=schemas.FileQuery, sends="image/jpeg")
def see_photo_file(caller: Caller, id: str, query: dict[str, Any]) -> Response:  # noqa: A002 - the path's word
    """The photo itself, whole or as a thumbnail of at most 480 a side."""
    content = service.file_for(caller, id, query["size"])
    headers = {"Content-Disposition": f'attachment; filename="{id}.jpg"'}
    return Response(content, content_type="image/jpeg", headers=headers)
