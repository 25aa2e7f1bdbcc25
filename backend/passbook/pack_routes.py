"""The staff's rule packs over HTTP: handed in by one, seen whole, published or suspended with another."""

from __future__ import annotations

from typing import Any

from backend.kit.auth import Caller
from backend.kit.db import find, rows
from backend.kit.http import Endpoints, Page, PageQuery, page_of
from backend.passbook import history, pack_seen, packs, publishing, suspending
from backend.passbook.models import RulePack
from backend.passbook.pack_schemas import (
    PackBody,
    PackPageSchema,
    PackSchema,
    PublicationBody,
    SuspensionBody,
    WholePackSchema,
    whole,
)

# ruff: noqa: A002 - `id` is the path's own word
endpoints = Endpoints("rule_packs", __name__, description="规则包 · rule packs")


def _tried(caller: Caller, given: dict[str, Any]) -> dict[str, Any]:
    """Before anything is written: what the pack would have given lately."""
    return {**given, "simulation": history.try_shortly(caller.district, given["body"]["text"])}


@endpoints.endpoint("GET", "/staff/rule-packs", may="rules.see", query=PageQuery, answer=PackPageSchema)
def list_packs(caller: Caller, query: dict[str, Any]) -> Page:
    """The packs of the district."""
    return page_of(rows(RulePack, caller.district), RulePack, **query)


@endpoints.endpoint("GET", "/staff/rule-packs/<id>", may="rules.see", answer=WholePackSchema)
def see_pack(caller: Caller, id: str) -> dict[str, Any]:
    """One pack: its text, what changes by it in words, its cases and its simulation."""
    return whole(pack_seen.see(caller.district, id))


@endpoints.endpoint(
    "POST", "/staff/rule-packs", may="rules.submit", body=PackBody, answer=PackSchema, status=201, before=_tried
)
def submit_pack(caller: Caller, body: dict[str, Any], simulation: dict[str, Any]) -> RulePack:
    """An author hands in a pack with its cases; it is tried on the deeds of the last 90 days.

    The same pack again by the same author, with other cases, puts these in the place of the first ones.
    """
    return packs.submit(caller.district, caller.name, **body, simulation=simulation)


@endpoints.endpoint("DELETE", "/staff/rule-packs/<id>", may="rules.submit", status=204)
def withdraw_pack(caller: Caller, id: str) -> None:
    """Its author takes back a pack that was not published."""
    packs.withdraw(caller.district, caller.name, id)


@endpoints.endpoint("POST", "/staff/rule-packs/<id>/simulation", may="rules.submit", answer=WholePackSchema)
def simulate_pack(caller: Caller, id: str) -> dict[str, Any]:
    """Try it again, beside what is in force now; for longer periods there is the command line."""
    row = find(RulePack, caller.district, id)
    simulation = history.try_shortly(caller.district, row.text)
    packs.attach_simulation(caller.district, caller.name, id, simulation)
    return whole(pack_seen.see(caller.district, id))


@endpoints.endpoint(
    "POST", "/staff/rule-packs/<id>/publish", may="rules.publish", body=PublicationBody, answer=PackSchema
)
def publish_pack(caller: Caller, id: str, body: dict[str, Any]) -> RulePack:
    """Another person puts it in force, as they looked at it: refused when cases or simulation changed since."""
    return publishing.publish(caller.district, caller.name, id, body["stamp"])


@endpoints.endpoint(
    "POST", "/staff/rule-packs/<id>/suspend", may="rules.suspend", body=SuspensionBody, answer=PackSchema
)
def ask_to_suspend_pack(caller: Caller, id: str, body: dict[str, Any]) -> RulePack:
    """Ask to stop a wrong pack; it takes another person to confirm."""
    return suspending.ask(caller.district, caller.name, id, body["reason"])


@endpoints.endpoint("POST", "/staff/rule-packs/<id>/suspend/confirm", may="rules.suspend", answer=PackSchema)
def suspend_pack(caller: Caller, id: str) -> RulePack:
    """Stop it at once, as the second person; its deeds wait for the next pack."""
    return suspending.confirm(caller.district, caller.name, id)
