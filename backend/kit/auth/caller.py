"""Who is asking: a bearer token becomes a caller, and a caller's roles are read anew for each request."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from flask import current_app, g, has_request_context, request

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
Beside = Callable[[], tuple[str, ...]]
"""Names in the cache server of what a route will want to know besides who asks."""
_SESSION, _BESIDE = "civic.session", "civic.beside"
_ANYONE = frozenset({Role.ANYONE})
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
    wired: SessionStore = current_app.extensions["civic_sessions"]
    return wired


def caller_from_request(permission: str) -> Caller:
    """The caller, when the table of permissions lets them; else 401 `token_invalid` or 403 `not_permitted`."""
    allowed = PERMISSIONS[permission]
    if Role.ANYONE in allowed:
        return Caller("anyone", "", _default_district(), _ANYONE)
    session, roles = _signed_in()
    if session.kind == "resident":
        roles |= {r for r in allowed & _HOLDERS.keys() if _HOLDERS[r](session.district, session.id)}
    if roles.isdisjoint(allowed):
        raise NOT_PERMITTED()
    return _caller(session, roles)


def session_of_request() -> Session | None:
    """The session behind this request's bearer token, looked up once; None without one that lives."""
    environ = request.environ
    if _SESSION not in environ:
        scheme, _, token = environ.get("HTTP_AUTHORIZATION", "").partition(" ")
        asked: Beside = getattr(current_app.view_functions.get(request.endpoint or ""), "civic_beside", tuple)
        names = asked()
        found: tuple[Session | None, list[str | None]] = (None, [])
        if token and scheme.lower() == "bearer":
            found = sessions().find_with(token.strip(), names)
        environ[_SESSION] = found[0]
        environ[_BESIDE] = dict(zip(names, found[1], strict=False))
    session: Session | None = environ[_SESSION]
    return session


def learnt_beside(name: str) -> str | None:
    """What the cache server held under a name when this request's session was looked up; None where it was not asked.

    For a view whose route names it as `beside`: it saves a journey.
    """
    learnt: dict[str, str | None] = request.environ.get(_BESIDE, {}) if has_request_context() else {}
    return learnt.get(name)


def signed_in() -> Caller:
    """The caller behind the bearer token, with roles as they are now; 401 when there is none."""
    return _caller(*_signed_in())


def _signed_in() -> tuple[Session, frozenset[Role]]:
    session = session_of_request()
    if session is None:
        raise SIGN_IN_NEEDED()
    g.caller_name = f"{session.kind}:{session.id}"
    if session.kind not in _LOADERS:
        return session, frozenset(map(Role, session.roles))
    roles = _LOADERS[session.kind](session.district, session.id)
    if roles is None:
        sessions().end(session)
        raise SIGN_IN_NEEDED()
    return session, roles


def _caller(session: Session, roles: frozenset[Role]) -> Caller:
    return Caller(session.kind, session.id, session.district, roles, session.merchant, session.shop, session)


def _default_district() -> str:
    first: str = current_app.extensions["civic_settings"].service.districts[0]
    return first
