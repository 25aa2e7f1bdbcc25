"""The people of the tests, all made up, each with a way in; a test talks about its subject, not about signing in."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from backend.kit.auth.permissions import Role
from backend.kit.clock import fresh_id, now
from backend.kit.crypto import cipher
from backend.kit.db import transaction
from backend.residents.models import Resident
from backend.staff.models import StaffMember
from points.ids import new_id
from tests.app import DISTRICT


@dataclass
class Person:
    """Somebody signed in: asks the API in their own name."""

    app: Flask
    client: FlaskClient
    kind: str
    id: str
    token: str
    district: str = DISTRICT

    def get(self, path: str, **query: Any) -> TestResponse:
        return self.client.get(f"/api/v1{path}", query_string=query, headers=self._headers(None))

    def post(self, path: str, body: Any = None, *, key: str | None = None, **kwargs: Any) -> TestResponse:
        """POST with a fresh Idempotency-Key, or the given one. `data=` sends a form instead of JSON."""
        key = key or new_id(self.app.extensions["civic_clock"].now())
        if "data" in kwargs:
            return self.client.post(f"/api/v1{path}", headers=self._headers(key), **kwargs)
        text = json.dumps({} if body is None else body)
        return self.client.post(
            f"/api/v1{path}", data=text, content_type="application/json", headers=self._headers(key), **kwargs
        )

    def put(self, path: str, body: Any) -> TestResponse:
        return self.client.put(f"/api/v1{path}", json=body, headers=self._headers(None))

    def delete(self, path: str) -> TestResponse:
        return self.client.delete(f"/api/v1{path}", headers=self._headers(None))

    def _headers(self, key: str | None) -> dict[str, str]:
        headers = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        return headers | ({"Idempotency-Key": key} if key else {})


@dataclass
class Cast:
    """Makes people. Rows are written directly; the ways in have tests of their own."""

    app: Flask

    def resident(
        self, name: str = "赵小满", *, district: str = DISTRICT, street: str = "370112001", openid: str = ""
    ) -> Person:
        """Somebody with a WeChat identity of their own, or with the given one."""
        identifier = fresh_id()
        openid = openid or f"openid-{identifier}"
        with transaction() as session:
            session.add(
                Resident(
                    district=district,
                    id=identifier,
                    openid_index=cipher().index("openid", openid),
                    openid_sealed=cipher().seal(f"resident:{identifier}:openid", openid),
                    name_sealed=cipher().seal(f"resident:{identifier}:name", name),
                    street=street,
                    closed=False,
                    created_at=now(),
                )
            )
        return self.signed_in("resident", identifier, ("resident",), district=district)

    def staff(self, *roles: Role, name: str = "", district: str = DISTRICT, resident: str | None = None) -> Person:
        identifier = fresh_id()
        with transaction() as session:
            session.add(
                StaffMember(
                    district=district,
                    id=identifier,
                    name=name or f"工作人员-{identifier[-6:]}",
                    password_hash="not a hash: this one never signs in by password",
                    roles=[role.value for role in roles],
                    resident=resident,
                    closed=False,
                    created_at=now(),
                )
            )
        return self.signed_in("staff", identifier, tuple(role.value for role in roles), district=district)

    def stranger(self) -> Person:
        """Nobody: no token."""
        return Person(self.app, self.app.test_client(), "anyone", "", "")

    def signed_in(
        self, kind: str, identifier: str, roles: tuple[str, ...], *, district: str = DISTRICT, **more: str
    ) -> Person:
        token, _ = self.app.extensions["civic_sessions"].begin(
            kind, identifier, district, roles=roles, life=timedelta(days=1), idle=timedelta(days=1), **more
        )
        return Person(self.app, self.app.test_client(), kind, identifier, token, district)


@pytest.fixture
def cast(app: Flask) -> Cast:
    return Cast(app)
