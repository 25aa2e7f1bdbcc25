"""points on their way to another district"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "crossing",
        sa.Column("district", sa.String(length=12), nullable=False),
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("resident", sa.String(length=36), nullable=False),
        sa.Column("to_district", sa.String(length=12), nullable=False),
        sa.Column("recipient", sa.String(length=36), nullable=False),
        sa.Column("amount", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("reason", sa.String(length=60), nullable=True),
        sa.Column("departure", sa.String(length=36), nullable=False),
        sa.Column("arrival", sa.String(length=36), nullable=True),
        sa.Column("homecoming", sa.String(length=36), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("back_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["district", "resident"],
            ["resident.district", "resident.id"],
            name=op.f("fk_crossing_district_resident"),
        ),
        sa.ForeignKeyConstraint(
            ["to_district", "recipient"],
            ["resident.district", "resident.id"],
            name=op.f("fk_crossing_to_district_recipient"),
        ),
        sa.PrimaryKeyConstraint("district", "id", name=op.f("pk_crossing")),
    )
    op.create_index(op.f("ix_crossing_district_resident"), "crossing", ["district", "resident"])


def downgrade() -> None:
    op.drop_table("crossing")
