"""Attempts have an amount: one row per action, however many mails it sends."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "attempts", sa.Column("amount", sa.Integer(), server_default="1", nullable=False)
    )
