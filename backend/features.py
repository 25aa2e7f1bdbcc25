"""The list of what the service serves: each feature's routes."""

from __future__ import annotations

from flask import Blueprint

from backend.kit.http import Endpoints
from backend.photos.routes import endpoints as photos
from backend.journal.routes import endpoints as journal
from backend.passbook.routes import endpoints as passbook
from backend.places.routes import endpoints as places
from backend.residents.routes import endpoints as residents
from backend.staff.routes import endpoints as staff

ENDPOINTS: list[Endpoints] = [
    places,
    photos,
    residents,
    staff,
    journal,
    passbook,
]
PLAIN: list[Blueprint] = []
