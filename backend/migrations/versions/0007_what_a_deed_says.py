"""what an act says, households, and who brought a new resident"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("act") as table:
        table.add_column(sa.Column("declared", sa.JSON(none_as_null=True), nullable=True))
        table.add_column(sa.Column("approved", sa.JSON(none_as_null=True), nullable=True))

    _households()
    _referrals()


def _households() -> None:
    op.create_table(
        "household",
        *_key(),
        sa.Column("head", sa.String(length=36), nullable=False),
        sa.Column("founded_at", sa.DateTime(timezone=True), nullable=False),
        _of("household", "head", "resident"),
        sa.PrimaryKeyConstraint("district", "id", name=op.f("pk_household")),
    )
    op.create_table(
        "household_member",
        *_key(),
        sa.Column("household", sa.String(length=36), nullable=False),
        sa.Column("resident", sa.String(length=36), nullable=False),
        sa.Column("joined_at", sa.DateTime(timezone=True), nullable=False),
        _of("household_member", "household", "household"),
        _of("household_member", "resident", "resident"),
        sa.PrimaryKeyConstraint("district", "id", name=op.f("pk_household_member")),
        sa.UniqueConstraint("district", "resident", name=op.f("uq_household_member_district_resident")),
    )
    op.create_index(op.f("ix_household_member_district_household"), "household_member", ["district", "household"])
    op.create_table(
        "household_invitation",
        *_key(),
        sa.Column("household", sa.String(length=36), nullable=False),
        sa.Column("code_index", sa.String(length=64), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        _of("household_invitation", "household", "household"),
        sa.PrimaryKeyConstraint("district", "id", name=op.f("pk_household_invitation")),
        sa.UniqueConstraint("district", "code_index", name=op.f("uq_household_invitation_district_code_index")),
    )
    op.create_index(
        op.f("ix_household_invitation_district_household"), "household_invitation", ["district", "household"]
    )


def _referrals() -> None:
    op.create_table(
        "referral_code",
        *_key(),
        sa.Column("code", sa.String(length=12), nullable=False),
        _of("referral_code", "id", "resident"),
        sa.PrimaryKeyConstraint("district", "id", name=op.f("pk_referral_code")),
        sa.UniqueConstraint("district", "code", name=op.f("uq_referral_code_district_code")),
    )
    op.create_table(
        "referral",
        *_key(),
        sa.Column("newcomer", sa.String(length=36), nullable=False),
        sa.Column("referrer", sa.String(length=36), nullable=False),
        sa.Column("named_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("earning", sa.String(length=36), nullable=True),
        _of("referral", "newcomer", "resident"),
        _of("referral", "referrer", "resident"),
        sa.PrimaryKeyConstraint("district", "id", name=op.f("pk_referral")),
        sa.UniqueConstraint("district", "newcomer", name=op.f("uq_referral_district_newcomer")),
    )
    op.create_index(
        "ix_referral_open",
        "referral",
        ["district", "id"],
        sqlite_where=sa.text("earning IS NULL"),
        postgresql_where=sa.text("earning IS NULL"),
    )


def _key() -> tuple[sa.Column[str], sa.Column[str]]:
    return (
        sa.Column("district", sa.String(length=12), nullable=False),
        sa.Column("id", sa.String(length=36), nullable=False),
    )


def _of(table: str, column: str, other: str) -> sa.ForeignKeyConstraint:
    name = op.f(f"fk_{table}_district_{column}")
    return sa.ForeignKeyConstraint(["district", column], [f"{other}.district", f"{other}.id"], name=name)


def downgrade() -> None:
    for table in ("referral", "referral_code", "household_invitation", "household_member", "household"):
        op.drop_table(table)
    with op.batch_alter_table("act") as table:
        table.drop_column("approved")
        table.drop_column("declared")
