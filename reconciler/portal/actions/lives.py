"""Lives: numbers that tell apart rows that had the same key at different times.

A change that was reviewed for one of these rows is never applied to the next. A row begins a new
life when it is created or restored under a key, or receives a key. A row that loses its key
(renamed, released, deleted) leaves its life in the table `lives`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from sqlalchemy import Table, case, func, select, union_all
from sqlalchemy.dialects import postgresql, sqlite

from reconciler.portal.store import tables as t
from reconciler.portal.store.unit_of_work import Row, Work

_TABLES: Final[Mapping[str, Table]] = {
    "service": t.services,
    "customer": t.customers,
    "contact": t.contacts,
}
# The column within which a key is unique, by kind of row.
_KEY_SCOPES: Final[Mapping[str, str]] = {
    "service": "owner",
    "customer": "owner",
    "contact": "customer",
}
_INSERT: Final[Mapping[str, Any]] = {
    "sqlite": sqlite.insert,
    "postgresql": postgresql.insert,
}


def highest_shown_life(work: Work, kind: str, home: str, key: str) -> int:
    """Return the highest life among the rows that a snapshot shows under the key, or 0."""
    work.flush()
    c = _TABLES[kind].c
    highest = select(func.max(c.life)).where(
        c[_KEY_SCOPES[kind]] == home, c.external_key == key
    )
    return int(work.connection.execute(highest).scalar() or 0)


def begin_life(work: Work, row: Row, key: str) -> None:
    """Give the row a life that no row had under this key before; its own number never decreases."""
    work.flush()
    c, past, home = _TABLES[row.kind].c, t.lives.c, row[_KEY_SCOPES[row.kind]]
    lives = union_all(
        select(c.life).where(c[_KEY_SCOPES[row.kind]] == home, c.external_key == key),
        select(past.life).where(
            past.object == row.kind, past.home == home, past.key == key
        ),
    ).subquery()
    highest = work.connection.execute(select(func.max(lives.c.life))).scalar()
    row["life"] = max(row["life"], int(highest or 0) + 1)


def begin_next_life(work: Work, row: Row) -> None:
    """Give a restored row a new life, under its key or, without a key, its own next one."""
    if row["external_key"] is None:
        row["life"] += 1
    else:
        begin_life(work, row, row["external_key"])


def store_lives(work: Work, rows: Iterable[Row]) -> None:
    """Store the lives of rows that are about to lose their keys."""
    last = [_last_life(row) for row in rows if row["external_key"] is not None]
    if last:
        insert = _INSERT[work.connection.dialect.name](t.lives)
        # CASE, because SQLite calls the larger of two values max() and PostgreSQL greatest()
        stored_life, new_life = t.lives.c.life, insert.excluded.life
        highest = {"life": case((new_life > stored_life, new_life), else_=stored_life)}
        key = t.lives.primary_key.columns.keys()
        work.connection.execute(
            insert.on_conflict_do_update(index_elements=key, set_=highest), last
        )


def _last_life(row: Row) -> dict[str, Any]:
    return {
        "object": row.kind,
        "home": row[_KEY_SCOPES[row.kind]],
        "key": row["external_key"],
        "life": row["life"],
    }
