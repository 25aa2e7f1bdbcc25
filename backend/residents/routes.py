"""Signing in by WeChat, and a resident's own page."""

from __future__ import annotations

from typing import Any

from backend.kit.auth import Caller
from backend.kit.http import Endpoints
from backend.residents import ages, schemas, service

endpoints = Endpoints("residents", __name__, description="居民 · residents")


@endpoints.endpoint(
    "POST", "/session", may="open", body=schemas.SignInBody, answer=schemas.SignedInSchema, status=201, repeats=None
)
def sign_in(caller: Caller, body: dict[str, Any]) -> service.SignedIn:
    """A WeChat code becomes a token."""
    return service.sign_in(**body)


@endpoints.endpoint("DELETE", "/session", may="session.end", status=204)
def sign_out(caller: Caller) -> None:
    """End this session, of whatever kind."""
    service.sign_out(caller)


@endpoints.endpoint("GET", "/me", may="me", answer=schemas.ResidentSchema)
def see_me(caller: Caller) -> Any:
    """The resident who asks."""
    return service.me(caller)


@endpoints.endpoint("PUT", "/me", may="me", body=schemas.MeBody, answer=schemas.ResidentSchema)
def change_me(caller: Caller, body: dict[str, Any]) -> Any:
    """Change one's own name or street."""
    return service.change_me(caller, **body)


@endpoints.endpoint("PUT", "/me/birth-date", may="me", body=schemas.BirthDateBody, answer=schemas.BirthDateSchema)
def give_birth_date(caller: Caller, body: dict[str, Any]) -> dict[str, Any]:
    """Say when I was born, for rules that ask for an age; sending it is the consent to keep it."""
    return {"birth_date": ages.birth_date_of(ages.give(caller, **body))}


@endpoints.endpoint("GET", "/me/birth-date", may="me", answer=schemas.BirthDateSchema)
def see_birth_date(caller: Caller) -> dict[str, Any]:
    """What I said."""
    return {"birth_date": ages.birth_date_of(service.me(caller))}


@endpoints.endpoint("DELETE", "/me/birth-date", may="me", status=204)
def erase_birth_date(caller: Caller) -> None:
    """Take it back; rules that ask for an age do not know mine any more."""
    ages.erase(caller)


@endpoints.endpoint("GET", "/me/consents", may="me", answer=schemas.ConsentsSchema)
def see_consents(caller: Caller) -> dict[str, Any]:
    """What I consent to."""
    return {"given": sorted(service.consents(caller.district, caller.id))}


@endpoints.endpoint("POST", "/me/consents", may="me", body=schemas.ConsentBody, answer=schemas.ConsentsSchema)
def set_consent(caller: Caller, body: dict[str, Any]) -> dict[str, Any]:
    """Give or withdraw a consent."""
    return {"given": sorted(service.set_consent(caller, **body))}
