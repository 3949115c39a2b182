"""Words are counted by a job: when a file's count is due, and how often it was started."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("files", sa.Column("count_at", sa.String(length=20), nullable=True))
    op.add_column(
        "files", sa.Column("count_tries", sa.Integer(), server_default="0", nullable=False)
    )
    op.create_index("ix_files_count_at", "files", ["count_at"])
