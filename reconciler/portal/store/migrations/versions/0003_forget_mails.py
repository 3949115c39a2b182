"""When a sent mail is emptied, and which person an entry of the history is about."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from reconciler.portal.store.clock import later, system_clock

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("outbox", schema=None) as batch_op:
        batch_op.add_column(sa.Column("forget_at", sa.String(length=20), nullable=True))
        batch_op.create_index(
            batch_op.f("ix_outbox_forget_at"), ["forget_at"], unique=False
        )

    with op.batch_alter_table("changes", schema=None) as batch_op:
        batch_op.add_column(sa.Column("person", sa.String(length=40), nullable=True))
        batch_op.create_index(batch_op.f("ix_changes_person"), ["person"], unique=False)

    # existing mails are kept as long as those sent today
    statement = sa.text("UPDATE outbox SET forget_at = :at WHERE state IN ('sent', 'dead')")
    op.execute(statement.bindparams(at=later(system_clock(), days=30)))
