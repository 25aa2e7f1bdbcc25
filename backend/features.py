"""The list of what the service serves: each feature's routes."""

from __future__ import annotations

from flask import Blueprint

from backend.kit.http import Endpoints
from backend.places.routes import endpoints as places
from backend.residents.routes import endpoints as residents

ENDPOINTS: list[Endpoints] = [
    places,
    residents,
]
PLAIN: list[Blueprint] = []
