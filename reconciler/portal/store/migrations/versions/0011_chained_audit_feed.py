"""The audit feed is chained: each entry has a hash, and the portal stores the last one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa
from alembic import op

from reconciler.portal.rules.chain import START, hash_of, seals_of
from reconciler.portal.store.chain import new_salts

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

ROWS_A_TIME = 1000
COLUMNS = (
    "revision",
    "seq",
    "at",
    "by",
    "actor",
    "what",
    "object",
    "id",
    "change",
    "run",
    "commit",
    "person",
)
DOCUMENTS = ("before", "after", "seals")
CHANGES = sa.table(
    "changes",
    *map(sa.column, COLUMNS),
    sa.column("hash"),
    *(sa.column(name, sa.JSON(none_as_null=True)) for name in DOCUMENTS),
)


def upgrade() -> None:
    op.add_column(
        "portal",
        sa.Column("head", sa.String(length=64), server_default=START, nullable=False),
    )
    op.add_column("changes", sa.Column("seals", sa.JSON(none_as_null=True), nullable=True))
    op.add_column(
        "changes",
        sa.Column("hash", sa.String(length=64), server_default="", nullable=False),
    )
    connection, head = op.get_bind(), START
    c = CHANGES.c
    statement = (
        sa.update(CHANGES)
        .where(c.revision == sa.bindparam("of_revision"), c.seq == sa.bindparam("of_seq"))
        .values(
            seals=sa.bindparam("new_seals", type_=sa.JSON()), hash=sa.bindparam("new_hash")
        )
    )
    for entries in _entries(connection):
        chained = []
        for entry in entries:
            seals = seals_of(entry, new_salts())
            head = hash_of(head, entry, seals)
            key = {"of_revision": entry["revision"], "of_seq": entry["seq"]}
            chained.append({**key, "new_seals": seals, "new_hash": head})
        connection.execute(statement, chained)
    connection.execute(sa.update(sa.table("portal", sa.column("head"))).values(head=head))


def _entries(connection: sa.Connection) -> Iterator[list[dict[str, Any]]]:
    """Yield all entries in order, in chunks."""
    c = CHANGES.c
    last: tuple[int, int] = (-1, -1)
    while True:
        later = sa.or_(
            c.revision > last[0], sa.and_(c.revision == last[0], c.seq > last[1])
        )
        rows = (
            sa.select(CHANGES).where(later).order_by(c.revision, c.seq).limit(ROWS_A_TIME)
        )
        chunk = [dict(row) for row in connection.execute(rows).mappings()]
        if not chunk:
            return
        yield chunk
        last = (chunk[-1]["revision"], chunk[-1]["seq"])
