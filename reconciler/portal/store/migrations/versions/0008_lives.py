"""Customers and services count their lives as contacts do; the lives of lost keys are stored."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # both databases rename the column in the indexes that name it as well
    op.execute("ALTER TABLE contacts RENAME COLUMN generation TO life")
    for table in ("services", "customers"):
        op.add_column(
            table, sa.Column("life", sa.Integer(), server_default="1", nullable=False)
        )
    op.create_index("ix_customers_external_key", "customers", ["external_key", "owner"])
    op.create_table(
        "lives",
        sa.Column("object", sa.String(length=20), nullable=False),
        sa.Column("home", sa.String(length=200), nullable=False),
        sa.Column("key", sa.String(length=63), nullable=False),
        sa.Column("life", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("object", "home", "key", name="pk_lives"),
    )
