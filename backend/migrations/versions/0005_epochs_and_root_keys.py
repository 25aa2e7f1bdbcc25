"""epochs of the ledger, and the keys that sign the daily roots"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("journal_head") as head:
        head.add_column(sa.Column("epoch", sa.Integer(), nullable=False, server_default="0"))
    op.create_table(
        "journal_epoch",
        sa.Column("district", sa.String(length=12), nullable=False),
        sa.Column("epoch", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("hash", sa.String(length=40), nullable=False),
        sa.Column("why", sa.String(length=12), nullable=False),
        sa.Column("given_up", sa.BigInteger(), nullable=False),
        sa.Column("staff", sa.JSON(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("district", "epoch", name=op.f("pk_journal_epoch")),
    )
    op.create_table(
        "journal_root_key",
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("public_key", sa.String(length=44), nullable=False),
        sa.Column("since", sa.Date(), nullable=False),
        sa.Column("statement", sa.Text(), nullable=False),
        sa.Column("signature", sa.String(length=88), nullable=False),
        sa.Column("signature_before", sa.String(length=88), nullable=True),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_journal_root_key")),
        sa.UniqueConstraint("public_key", name=op.f("uq_journal_root_key_public_key")),
    )


def downgrade() -> None:
    op.drop_table("journal_root_key")
    op.drop_table("journal_epoch")
    with op.batch_alter_table("journal_head") as head:
        head.drop_column("epoch")
