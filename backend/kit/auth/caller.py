"""Who is asking: a bearer token becomes a caller, and a caller's roles are read anew for each request."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import cast

from flask import current_app, g, request

from backend.kit.auth.permissions import PERMISSIONS, Role
from backend.kit.auth.sessions import Session, SessionStore
from points.errors import Category, kind

SIGN_IN_NEEDED = kind(
    "token_invalid",
    Category.UNAUTHENTICATED,
    zh="登录已失效，请重新登录。",
    en="The sign-in is missing or has ended; sign in again.",
)
NOT_PERMITTED = kind(
    "not_permitted",
    Category.FORBIDDEN,
    zh="您的身份不能办理此事。",
    en="This is not for your role to do.",
)


@dataclass(frozen=True, slots=True)
class Caller:
    """One request's person or system. `id` is the resident's, staff member's, clerk's or partner's."""

    kind: str
    """`resident`, `staff`, `clerk`, `partner` or `anyone`."""
    id: str
    district: str
    roles: frozenset[Role] = frozenset()
    merchant: str | None = None
    shop: str | None = None
    session: Session | None = field(default=None, repr=False)

    @property
    def name(self) -> str:
        """How the audit log and the ledger call this caller: `staff:<id>`."""
        return f"{self.kind}:{self.id}"


Loader = Callable[[str, str], "frozenset[Role] | None"]
RoleHolder = Callable[[str, str], bool]
_SESSION = "civic.session"
_LOADERS: dict[str, Loader] = {}
_HOLDERS: dict[Role, RoleHolder] = {}


def loader(caller_kind: str) -> Callable[[Loader], Loader]:
    """Register who reads the present roles of a kind of caller `(district, id)`; None ends the session."""

    def register(function: Loader) -> Loader:
        _LOADERS[caller_kind] = function
        return function

    return register


def role_holder(role: Role) -> Callable[[RoleHolder], RoleHolder]:
    """Register who says whether a resident `(district, id)` holds a role that comes from belonging to something."""

    def register(function: RoleHolder) -> RoleHolder:
        _HOLDERS[role] = function
        return function

    return register


def sessions() -> SessionStore:
    return cast(SessionStore, current_app.extensions["civic_sessions"])


def caller_from_request(permission: str) -> Caller:
    """The caller, when the table of permissions lets them; else 401 `token_invalid` or 403 `not_permitted`."""
    allowed = PERMISSIONS[permission]
    if Role.ANYONE in allowed:
        return Caller("anyone", "", _default_district(), frozenset({Role.ANYONE}))
    caller = signed_in()
    held = set(caller.roles)
    if caller.kind == "resident":
        held |= {r for r in allowed & _HOLDERS.keys() if _HOLDERS[r](caller.district, caller.id)}
    if not held & allowed:
        raise NOT_PERMITTED()
    return replace(caller, roles=frozenset(held))


def session_of_request() -> Session | None:
    """The session behind this request's bearer token, looked up once; None without one that lives."""
    if _SESSION not in request.environ:
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        found = sessions().find(token.strip()) if scheme.lower() == "bearer" and token else None
        request.environ[_SESSION] = found
    return cast("Session | None", request.environ[_SESSION])


def signed_in() -> Caller:
    """The caller behind the bearer token, with roles as they are now; 401 when there is none."""
    session = session_of_request()
    if session is None:
        raise SIGN_IN_NEEDED()
    g.caller_name = f"{session.kind}:{session.id}"
    roles: frozenset[Role] | None = frozenset(Role(role) for role in session.roles)
    if session.kind in _LOADERS:
        roles = _LOADERS[session.kind](session.district, session.id)
        if roles is None:
            sessions().end(session)
            raise SIGN_IN_NEEDED()
    return Caller(
        session.kind, session.id, session.district, roles or frozenset(), session.merchant, session.shop, session
    )


def _default_district() -> str:
    return cast(str, current_app.extensions["civic_settings"].service.districts[0])
