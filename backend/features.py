"""The list of what the service serves: each feature's routes."""

from __future__ import annotations

from flask import Blueprint

from backend.acts.routes import endpoints as acts
from backend.crossings.routes import endpoints as crossings
from backend.journal.routes import endpoints as journal
from backend.kit.http import Endpoints
from backend.merchants.routes import endpoints as merchants
from backend.passbook.pack_routes import endpoints as rule_packs
from backend.passbook.routes import endpoints as passbook
from backend.passbook.staff_routes import endpoints as staff_earnings
from backend.photos.routes import endpoints as photos
from backend.places.routes import endpoints as places
from backend.residents.households.routes import endpoints as households
from backend.residents.referrals.routes import endpoints as referrals
from backend.residents.routes import endpoints as residents
from backend.rewards.counter_routes import endpoints as counter
from backend.rewards.routes import endpoints as rewards
from backend.rewards.staff_routes import endpoints as staff_rewards
from backend.staff.routes import endpoints as staff
from backend.tickets.groups.routes import endpoints as reporter_groups
from backend.tickets.open311.routes import open311
from backend.tickets.routes import endpoints as tickets
from backend.volunteering.activities.routes import endpoints as activities
from backend.volunteering.attendance.routes import endpoints as attendance
from backend.volunteering.confirming.routes import endpoints as confirming
from backend.volunteering.signups.routes import endpoints as signups
from backend.volunteering.teams.routes import endpoints as teams

ENDPOINTS: list[Endpoints] = [
    places,
    photos,
    acts,
    residents,
    households,
    referrals,
    staff,
    journal,
    passbook,
    staff_earnings,
    rule_packs,
    teams,
    activities,
    signups,
    attendance,
    confirming,
    merchants,
    rewards,
    staff_rewards,
    counter,
    crossings,
    reporter_groups,
    tickets,
]
PLAIN: list[Blueprint] = [open311]
