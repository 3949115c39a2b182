"""Leases are bound to the principal that took them, and ended ones are kept for a day."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "leases", sa.Column("principal", sa.String(80), server_default="", nullable=False)
    )
    op.add_column("leases", sa.Column("ended_at", sa.String(30), nullable=True))
