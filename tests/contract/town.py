"""A whole town for the tests of the HTTP surface: people in every role, in two districts, and one of every object."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path

from flask import Flask

from backend.journal.projector import project_all
from backend.kit.auth import PERMISSIONS, Role
from backend.kit.auth.permissions import STAFF_ROLES
from backend.kit.clock import fresh_id, now
from backend.kit.db import transaction
from backend.passbook import earn
from backend.volunteering.teams.models import Team
from points.events import DeedApproved, DeedKind
from tests.app import DISTRICT, OTHER_DISTRICT
from tests.backend.passbook.stage import put_in_force
from tests.backend.rewards.people import Market, look_up, redeem
from tests.backend.tickets.town import join_group, report
from tests.backend.volunteering.stage import Stage, activity
from tests.cast import Cast, Person
from tests.pictures import photo_of

PACK = Path("config/rules/370112-demo.yaml").read_text(encoding="utf-8")
CASES = Path("config/rules/cases/370112-demo.yaml").read_text(encoding="utf-8")
STREET = "370112001"


@dataclass
class Town:
    """People by what they are called here, and the ids of what they own."""

    app: Flask
    people: dict[str, Person] = field(default_factory=dict)
    """Of the district: `resident` owns what a resident can own, `other_resident` nothing; one for each staff role."""
    foreigners: dict[str, Person] = field(default_factory=dict)
    """The same sorts of people in the other district."""
    ids: dict[str, str] = field(default_factory=dict)
    """One object of each sort, by its name in the table of object routes."""

    def allowed(self, may: str) -> Person:
        """Somebody of the district who has this permission."""
        if Role.ANYONE in PERMISSIONS[may]:
            return self.people["anyone"]
        return next(person for name, person in self.people.items() if self.roles[name] & PERMISSIONS[may])

    def all_with(self, may: str, people: dict[str, Person]) -> dict[str, Person]:
        """Those of `people` who have a permission."""
        return {name: person for name, person in people.items() if self.roles[name] & PERMISSIONS[may]}

    @property
    def roles(self) -> dict[str, frozenset[Role]]:
        """What each person holds, alike in both districts."""
        resident = frozenset({Role.RESIDENT})
        return {
            "anyone": frozenset(),
            "resident": resident,
            "other_resident": resident,
            "reporter": resident | {Role.REPORTER},
            "other_reporter": resident | {Role.REPORTER},
            "leader": resident | {Role.LEADER},
            "other_leader": resident | {Role.LEADER},
            "clerk": frozenset({Role.CLERK}),
            "other_clerk": frozenset({Role.CLERK}),
            "owner": frozenset({Role.OWNER}),
            "partner": frozenset({Role.PARTNER}),
            "staff": STAFF_ROLES,
        } | {role.value: frozenset({role}) for role in STAFF_ROLES}


def build_town(app: Flask) -> Town:
    """Set everything up, through the API wherever it has a way."""
    town = Town(app)
    with app.app_context():
        cast = Cast(app)
        _staff(cast, town)
        _rules_and_fund(town)
        _volunteering(cast, town)
        _tickets(cast, town)
        _household(town)
        _market(Market(cast), town)
        _transfer(town)
        _deeds(town)
        _foreigners(cast, town)
        project_all(DISTRICT)
        statement = town.people["resident"].get("/me/statement")
        town.ids["entry"] = str(statement.json["items"][0]["number"])
    for person in (*town.people.values(), *town.foreigners.values()):
        person.client = app.test_client()
    return town


def _staff(cast: Cast, town: Town) -> None:
    town.people |= {role.value: cast.staff(role) for role in sorted(STAFF_ROLES)}
    town.people |= {
        "anyone": cast.stranger(),
        "resident": cast.resident("赵小满"),
        "other_resident": cast.resident("钱立夏"),
        "partner": cast.signed_in("partner", fresh_id(), (Role.PARTNER.value,)),
        "staff": cast.staff(*STAFF_ROLES),
    }
    town.ids |= {
        "member": cast.staff(Role.REVIEWER).id,
        "partner": town.people["partner"].id,
        "resident": town.people["resident"].id,
    }


def _rules_and_fund(town: Town) -> None:
    made = town.people["rules_author"].post("/staff/rule-packs", {"text": PACK, "cases": CASES})
    assert made.status_code == 201, made.text
    assert put_in_force(town.people["rules_publisher"], made.json["id"]).status_code == 200
    topped_up = town.people["fund_manager"].post("/staff/funds/civic/top-ups", {"amount": 10**6, "memo": "赞助"})
    assert topped_up.status_code == 201, topped_up.text
    town.ids |= {"pack": made.json["id"], "fund": "civic", "top_up": topped_up.json["id"]}


def _volunteering(cast: Cast, town: Town) -> None:
    stage = Stage.set_up(cast)
    other = cast.resident("吴芒种")
    team = stage.admin.post("/staff/teams", {"name": "晨露服务队", "street": STREET, "leader": other.id})
    assert team.status_code == 201, team.text
    planned = other.post("/activities", activity(team.json["id"]))
    resident = town.people["resident"]
    assert resident.post("/me/consents", {"purpose": "position", "given": True}).status_code == 200
    signed = stage.sign_up(resident)
    assert signed.status_code == 201, signed.text
    town.people |= {"leader": stage.leader, "other_leader": other}
    town.ids |= {
        "team": stage.team,
        "activity": stage.activity,
        "shift": stage.shift,
        "signup": signed.json["id"],
        "attendance": stage.attended(resident)["id"],
        "other_shift": planned.json["shifts"][0]["id"],
    }


def _tickets(cast: Cast, town: Town) -> None:
    reporter, other = cast.resident("李秋分"), cast.resident("孙白露")
    group = join_group(cast, reporter, other)
    made = reporter.post("/tickets", report(photos=[photo_of(reporter, 7)]))
    assert made.status_code == 201, made.text
    town.people |= {"reporter": reporter, "other_reporter": other}
    town.ids |= {"group": group, "group_member": reporter.id, "ticket": made.json["id"]}


def _household(town: Town) -> None:
    resident, admin = town.people["resident"], town.people["admin"]
    flatmate = Cast(town.app).resident("王小寒")
    assert resident.post("/me/household").status_code == 201
    flatmate.post("/me/consents", {"purpose": "household", "given": True})
    put = admin.put(f"/staff/residents/{flatmate.id}/household", {"head": resident.id})
    assert put.status_code == 204, put.text
    members = resident.get("/me/household").json["members"]
    town.ids["household_place"] = next(each["id"] for each in members if not each["me"])


def _market(market: Market, town: Town) -> None:
    merchant, other = market.merchant(), market.merchant("石榴茶馆（虚构）")
    town.people |= {
        "clerk": market.clerk(merchant, "柜台-甲"),
        "other_clerk": market.clerk(other, "柜台-乙"),
        "owner": market.clerk(other, "店主-丙"),
    }
    resident = town.people["resident"]
    market.give(resident, 1000)
    reward = market.reward(merchant, stock=50)
    held = redeem(resident, reward)
    assert held.status_code == 201, held.text
    assert look_up(town.people["clerk"], held.json["code"]).status_code == 200
    town.ids |= {
        "merchant": merchant.id,
        "shop": merchant.shop,
        "clerk": town.people["clerk"].id,
        "reward": reward,
        "redemption": held.json["id"],
        "code": held.json["code"],
    }


def _transfer(town: Town) -> None:
    resident = town.people["resident"]
    Cast(town.app).resident("赵小满", district=OTHER_DISTRICT, street="370102001", openid=f"openid-{resident.id}")
    taken = resident.post("/me/transfers", {"district": OTHER_DISTRICT, "amount": 5})
    assert taken.status_code == 201, taken.text
    town.ids["transfer"] = taken.json["id"]


def _deeds(town: Town) -> None:
    resident = town.people["resident"]
    town.ids["photo"] = photo_of(resident, 11)
    at = now() - timedelta(hours=1)
    deed = DeedApproved(
        id=fresh_id(),
        kind=DeedKind.ACT,
        category="敬老爱亲之星",
        at=at,
        resident=resident.id,
        district=DISTRICT,
        street=STREET,
    )
    with transaction():
        town.ids["earning"] = earn.deed_approved(deed, "staff:somebody")
        for name in ("appealed", "wrong"):
            town.ids[name] = earn.deed_approved(replace(deed, id=fresh_id()), "staff:somebody")
    appealed = resident.post(f"/me/earnings/{town.ids['appealed']}/appeal", {"text": "应当多算。"})
    assert appealed.status_code == 201, appealed.text
    body = {"reason": "查实不属实"}
    asked = town.people["second_reviewer"].post(f"/staff/earnings/{town.ids['wrong']}/undoing", body)
    assert asked.status_code == 201, asked.text
    town.ids |= {"correction": asked.json["id"], "closable": Cast(town.app).resident("郑霜降").id}
    _act(town, at.isoformat())


def _act(town: Town, done_at: str) -> None:
    """An act of the resident, as soon as the service takes acts."""
    if not any(rule.rule == "/api/v1/acts" for rule in town.app.url_map.iter_rules()):
        return
    body = {
        "category": "帮助困难居民",
        "done_at": done_at,
        "street": STREET,
        "description": "帮行动不便的邻居办理证件。",
        "photos": [photo_of(town.people["resident"], 12)],
    }
    made = town.people["resident"].post("/acts", body)
    assert made.status_code == 201, made.text
    town.ids["act"] = made.json["id"]


def _foreigners(cast: Cast, town: Town) -> None:
    """Made without the API's help: the other district has no streets of its own."""
    for name, roles in town.roles.items():
        if roles & STAFF_ROLES:
            town.foreigners[name] = cast.staff(*roles, district=OTHER_DISTRICT)
        elif Role.RESIDENT in roles:
            town.foreigners[name] = cast.resident("周远客", district=OTHER_DISTRICT)
        elif roles:
            kind = "partner" if name == "partner" else "clerk"
            belongs = {"merchant": fresh_id(), "shop": fresh_id()} if kind == "clerk" else {}
            values = tuple(role.value for role in roles)
            town.foreigners[name] = cast.signed_in(kind, fresh_id(), values, district=OTHER_DISTRICT, **belongs)
    admin = town.foreigners["admin"]
    group = admin.post("/staff/reporter-groups", {"name": "外区拍客组"}).json["id"]
    for name in ("reporter", "other_reporter"):
        joined = admin.post(f"/staff/reporter-groups/{group}/members", {"resident": town.foreigners[name].id})
        assert joined.status_code == 201, joined.text
    with transaction() as session:
        for name in ("leader", "other_leader"):
            led = {"street": "370102001", "leader": town.foreigners[name].id}
            session.add(Team(district=OTHER_DISTRICT, id=fresh_id(), name=f"外区队-{name}", created_at=now(), **led))
