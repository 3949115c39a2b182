"""Tokens expire, may be bound to an owner and record their use; settings record last commits.

Nobody misses a token without expiry until it leaks. Therefore existing tokens expire in 90 days, as
new ones do; `doctor` and `portal tokens` show it in time. The last commit of an owner is that of
the settings or the service that was applied last.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

DAYS = 90


def upgrade() -> None:
    for column in (
        sa.Column("expires_at", sa.String(length=20), server_default="", nullable=False),
        sa.Column("owner", sa.String(length=200)),
        sa.Column("used_at", sa.String(length=20)),
    ):
        op.add_column("tokens", column)
    ends = (datetime.now(UTC) + timedelta(days=DAYS)).strftime("%Y-%m-%dT%H:%M:%SZ")
    op.execute(sa.table("tokens", sa.column("expires_at")).update().values(expires_at=ends))
    op.add_column(
        "settings",
        sa.Column("last_commits", sa.JSON(), server_default="{}", nullable=False),
    )
    commits = _last_commits()
    if commits:
        op.execute(
            sa.table("settings", sa.column("last_commits", sa.JSON()))
            .update()
            .values(last_commits=commits)
        )


def _last_commits() -> dict[str, str]:
    """Return, by owner, the commit of the settings or the service that was applied last."""
    connection, bases = op.get_bind(), []
    for name in ("settings", "services"):
        table = sa.table(name, sa.column("owner"), sa.column("applied", sa.JSON()))
        bases += [
            (row.applied["at"], row.owner, row.applied["commit"])
            for row in connection.execute(sa.select(table))
            if row.owner and row.applied and row.applied["commit"]
        ]
    return {owner: commit for _, owner, commit in sorted(bases)}
