"""The one table of who may do what. What is not in it is refused to everybody."""

from __future__ import annotations

from enum import StrEnum


class Role(StrEnum):
    ANYONE = "anyone"
    RESIDENT = "resident"
    REPORTER = "reporter"  # a resident in a photo-reporter group
    LEADER = "leader"  # a resident who leads a team
    CLERK = "clerk"
    OWNER = "owner"  # of a merchant
    PARTNER = "partner"  # another system, by key
    REVIEWER = "reviewer"
    SECOND_REVIEWER = "second_reviewer"
    DISPATCHER = "dispatcher"
    HANDLER = "handler"
    GRID_WORKER = "grid_worker"
    RULES_AUTHOR = "rules_author"
    RULES_PUBLISHER = "rules_publisher"
    FUND_MANAGER = "fund_manager"
    AUDITOR = "auditor"
    ADMIN = "admin"


ROLE_NAMES: dict[Role, str] = {
    Role.ANYONE: "任何人",
    Role.RESIDENT: "居民",
    Role.REPORTER: "拍客",
    Role.LEADER: "志愿队长",
    Role.CLERK: "店员",
    Role.OWNER: "店主",
    Role.PARTNER: "合作系统",
    Role.REVIEWER: "审核员",
    Role.SECOND_REVIEWER: "复审员",
    Role.DISPATCHER: "派遣员",
    Role.HANDLER: "处置员",
    Role.GRID_WORKER: "网格员",
    Role.RULES_AUTHOR: "规则起草人",
    Role.RULES_PUBLISHER: "规则发布人",
    Role.FUND_MANAGER: "资金管理员",
    Role.AUDITOR: "审计员",
    Role.ADMIN: "管理员",
}
STAFF_ROLES = frozenset(
    {
        Role.REVIEWER,
        Role.SECOND_REVIEWER,
        Role.DISPATCHER,
        Role.HANDLER,
        Role.GRID_WORKER,
        Role.RULES_AUTHOR,
        Role.RULES_PUBLISHER,
        Role.FUND_MANAGER,
        Role.AUDITOR,
        Role.ADMIN,
    }
)
_REVIEW = frozenset({Role.REVIEWER, Role.SECOND_REVIEWER})
_RESIDENT = frozenset({Role.RESIDENT})
_COUNTER = frozenset({Role.CLERK, Role.OWNER})
_SIGNED_IN = frozenset({Role.RESIDENT, Role.CLERK, Role.OWNER, Role.PARTNER}) | STAFF_ROLES

PERMISSIONS: dict[str, frozenset[Role]] = {
    "open": frozenset({Role.ANYONE}),
    "session.end": _SIGNED_IN,
    "me": _RESIDENT,
    "places.list": frozenset({Role.ANYONE}),
    # photos
    "photos.add": _RESIDENT | STAFF_ROLES,
    "photos.see": _RESIDENT | STAFF_ROLES,
    # acts
    "acts.declare": _RESIDENT,
    "acts.see": _RESIDENT | _REVIEW,
    "acts.review": _REVIEW,
    "acts.appeal": _RESIDENT,
    "acts.answer_appeal": frozenset({Role.SECOND_REVIEWER}),
    # volunteering
    "teams.see": _SIGNED_IN,
    "teams.found": frozenset({Role.ADMIN}),
    "stations.found": frozenset({Role.ADMIN}),
    "activities.see": _SIGNED_IN,
    "activities.plan": frozenset({Role.LEADER}),
    "activities.join": _RESIDENT,
    "shifts.attend": _RESIDENT,
    "shifts.confirm": frozenset({Role.LEADER}),
    "shifts.second": _REVIEW,
    # tickets
    "tickets.classes": frozenset({Role.ANYONE}),
    "tickets.report": frozenset({Role.REPORTER}),
    "tickets.see": _RESIDENT
    | frozenset({Role.DISPATCHER, Role.HANDLER, Role.GRID_WORKER, Role.REVIEWER, Role.AUDITOR, Role.ADMIN}),
    "tickets.verify": frozenset({Role.DISPATCHER, Role.GRID_WORKER}),
    "tickets.dispatch": frozenset({Role.DISPATCHER}),
    "tickets.fix": frozenset({Role.HANDLER}),
    "tickets.check": frozenset({Role.GRID_WORKER, Role.DISPATCHER}),
    "tickets.rate": _RESIDENT,
    "reporter_groups.manage": frozenset({Role.ADMIN, Role.DISPATCHER}),
    # merchants and rewards
    "merchants.manage": frozenset({Role.ADMIN}),
    "merchants.see": frozenset({Role.ADMIN, Role.FUND_MANAGER, Role.AUDITOR}),
    "merchants.settle": frozenset({Role.FUND_MANAGER}),
    "rewards.see": _SIGNED_IN,
    "rewards.publish": frozenset({Role.FUND_MANAGER}),
    "redemptions.redeem": _RESIDENT,
    "redemptions.capture": _COUNTER,
    # funds, rules, staff
    "funds.top_up": frozenset({Role.FUND_MANAGER}),
    "funds.see": frozenset({Role.FUND_MANAGER, Role.AUDITOR, Role.ADMIN}),
    "earnings.see": _REVIEW | frozenset({Role.FUND_MANAGER, Role.AUDITOR}),
    "earnings.reverse": frozenset({Role.SECOND_REVIEWER, Role.FUND_MANAGER}),
    "earnings.answer_appeal": frozenset({Role.SECOND_REVIEWER}),
    "rules.see": STAFF_ROLES,
    "rules.submit": frozenset({Role.RULES_AUTHOR}),
    "rules.publish": frozenset({Role.RULES_PUBLISHER}),
    "rules.suspend": frozenset({Role.RULES_AUTHOR, Role.RULES_PUBLISHER, Role.ADMIN}),
    "staff.manage": frozenset({Role.ADMIN}),
    "partners.manage": frozenset({Role.ADMIN}),
    "residents.close": frozenset({Role.ADMIN}),
    "households.keep": frozenset({Role.ADMIN, Role.GRID_WORKER}),
    "audit.see": frozenset({Role.AUDITOR}),
    "journal.roots": frozenset({Role.ANYONE}),
    "ledger.give_up": frozenset({Role.ADMIN, Role.FUND_MANAGER, Role.AUDITOR}),
}


def holders(permission: str) -> list[Role]:
    """The roles that have a permission, in the order in which roles are declared."""
    return [role for role in Role if role in PERMISSIONS[permission]]
