"""turns of redeeming, counted against the limits of a pack"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "redemption_turn",
        sa.Column("district", sa.String(length=12), nullable=False),
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("resident", sa.String(length=36), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.PrimaryKeyConstraint("district", "id", name=op.f("pk_redemption_turn")),
    )
    op.create_index(
        op.f("ix_redemption_turn_district_resident_at"), "redemption_turn", ["district", "resident", "at"], unique=False
    )


def downgrade() -> None:
    op.drop_index(op.f("ix_redemption_turn_district_resident_at"), table_name="redemption_turn")
    op.drop_table("redemption_turn")
