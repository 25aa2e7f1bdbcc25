"""which appeal a correction answers, and why it was declined"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("earning_correction") as table:
        table.add_column(sa.Column("appeal", sa.String(length=36), nullable=True))
        table.add_column(sa.Column("declined_because", sa.String(length=500), nullable=True))
    op.execute(
        "UPDATE earning_correction SET appeal = (SELECT earning_appeal.id FROM earning_appeal "
        "WHERE earning_appeal.district = earning_correction.district "
        "AND earning_appeal.correction = earning_correction.id)"
    )


def downgrade() -> None:
    with op.batch_alter_table("earning_correction") as table:
        table.drop_column("declined_because")
        table.drop_column("appeal")
