"""Requests have a short number, and the deadline that the customer asked for."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from reconciler.portal.rules.request_numbers import draw_number

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

_REQUESTS = sa.table(
    "requests",
    *map(sa.column, ("id", "number", "deadline", "requested_deadline")),
)
_CHANGES = sa.table(
    "changes", sa.column("id"), sa.column("what"), sa.column("after", sa.JSON())
)


def upgrade() -> None:
    op.add_column(
        "requests", sa.Column("number", sa.Integer(), server_default="0", nullable=False)
    )
    op.add_column("requests", sa.Column("requested_deadline", sa.String(20)))
    _write_numbers()
    _write_requested_deadlines()
    op.create_index("ix_requests_number", "requests", ["number"], unique=True)


def _write_numbers() -> None:
    connection, used_numbers = op.get_bind(), set[int]()
    rows = []
    for id in connection.execute(sa.select(_REQUESTS.c.id)).scalars():
        number = draw_number(used_numbers.__contains__)
        used_numbers.add(number)
        rows.append({"row": id, "new": number})
    _write("number", rows)


def _write_requested_deadlines() -> None:
    """Write the deadlines that requests were sent with, from the history."""
    c = _CHANGES.c
    sent = sa.select(c.id, c.after).where(c.what == "POST requests")
    rows = [
        {"row": row.id, "new": row.after["deadline"]}
        for row in op.get_bind().execute(sent)
        if row.after and row.after.get("deadline")
    ]
    _write("requested_deadline", rows)


def _write(column: str, rows: list[dict[str, object]]) -> None:
    statement = (
        sa.update(_REQUESTS)
        .where(_REQUESTS.c.id == sa.bindparam("row"))
        .values({column: sa.bindparam("new")})
    )
    if rows:
        op.get_bind().execute(statement, rows)
