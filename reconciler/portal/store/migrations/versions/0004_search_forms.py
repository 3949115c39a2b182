"""Search forms of customers and contacts, an index on the history's names, and the download time of
deliveries.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from reconciler.portal.rules.search import row_search_form

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for table in ("customers", "contacts"):
        with op.batch_alter_table(table, schema=None) as batch_op:
            batch_op.add_column(
                sa.Column("sought", sa.Text(), server_default="", nullable=False)
            )

    with op.batch_alter_table("requests", schema=None) as batch_op:
        batch_op.add_column(sa.Column("taken_at", sa.String(length=20), nullable=True))

    with op.batch_alter_table("changes", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_changes_by"), ["by"], unique=False)

    # unknown for earlier deliveries: they count as taken, so nobody is reminded
    op.execute(
        sa.text("UPDATE requests SET taken_at = delivered_at WHERE state = 'delivered'")
    )
    _write_forms("customer", "customers", "name")
    _write_forms("contact", "contacts", "name", "email")


def _write_forms(kind: str, name: str, *columns: str) -> None:
    connection = op.get_bind()
    table = sa.table(name, sa.column("id"), sa.column("sought"), *map(sa.column, columns))
    rows = (
        connection.execute(sa.select(table.c.id, *(table.c[column] for column in columns)))
        .mappings()
        .all()
    )
    if rows:
        statement = (
            sa.update(table)
            .where(table.c.id == sa.bindparam("row"))
            .values(sought=sa.bindparam("form"))
        )
        connection.execute(
            statement,
            [{"row": row["id"], "form": row_search_form(kind, dict(row))} for row in rows],
        )
