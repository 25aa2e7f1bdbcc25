"""room of caps for points that were spent before a correction"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "kept_room",
        sa.Column("district", sa.String(length=12), nullable=False),
        sa.Column("cap", sa.String(length=200), nullable=False),
        sa.Column("grant", sa.String(length=36), nullable=False),
        sa.Column("points", sa.BigInteger(), nullable=False),
        sa.Column("settled", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("district", "cap", "grant", name=op.f("pk_kept_room")),
    )
    op.create_index("ix_kept_room_grant", "kept_room", ["district", "grant"], unique=False)


def downgrade() -> None:
    op.drop_index("ix_kept_room_grant", table_name="kept_room")
    op.drop_table("kept_room")
