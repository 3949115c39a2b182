"""Lives: which of the rows under one key this is, so that nobody does to the next what was meant for the last.

Creating or restoring a row under a key, and giving a row a key, begins a life that no row had under that
key before. A row that loses its key (renamed, released, deleted) leaves its last life in the table `lives`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from sqlalchemy import Column, Table, case, func, select, union_all
from sqlalchemy.dialects import postgresql, sqlite

from reconciler.portal.store import tables as t
from reconciler.portal.store.work import Row, Work

_TABLE: Final[Mapping[str, Table]] = {"service": t.services, "customer": t.customers, "contact": t.contacts}
_HOME: Final[Mapping[str, str]] = {"service": "owner", "customer": "owner", "contact": "customer"}
"""Within what a key is unique, by the kind of row."""
_INSERT: Final[Mapping[str, Any]] = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}


def shown_life(work: Work, kind: str, home: str, key: str) -> int:
    """The highest life among the rows that carry the key, as a snapshot shows them; 0 when none does."""
    work.flush()
    table = _TABLE[kind]
    carried = table.c[_HOME[kind]] == home, table.c.external_key == key
    return int(work.connection.execute(select(func.max(table.c.life)).where(*carried)).scalar() or 0)


def begin(work: Work, row: Row, key: str) -> None:
    """The row's life under this key begins: one more than any row ever had there, and never less than its own."""
    work.flush()
    table, past, home = _TABLE[row.kind], t.lives.c, row[_HOME[row.kind]]
    lives = union_all(
        select(table.c.life).where(table.c[_HOME[row.kind]] == home, table.c.external_key == key),
        select(past.life).where(past.object == row.kind, past.home == home, past.key == key),
    ).subquery()
    highest = work.connection.execute(select(func.max(lives.c.life))).scalar()
    row["life"] = max(row["life"], int(highest or 0) + 1)


def begin_again(work: Work, row: Row) -> None:
    """The row comes back: another life under its key, or of its own when it has no key."""
    if row["external_key"] is None:
        row["life"] += 1
    else:
        begin(work, row, row["external_key"])


def remember(work: Work, rows: Iterable[Row]) -> None:
    """Keep the last life under the keys of rows that are about to lose them."""
    last = [
        {"object": row.kind, "home": row[_HOME[row.kind]], "key": row["external_key"], "life": row["life"]}
        for row in rows if row["external_key"] is not None
    ]  # fmt: skip
    if last:
        _write(work, last)


def _write(work: Work, last: list[dict[str, Any]]) -> None:
    known: Column[Any] = t.lives.c.life
    statement = _INSERT[work.connection.dialect.name](t.lives)
    newest = case((statement.excluded.life > known, statement.excluded.life), else_=known)
    work.connection.execute(
        statement.on_conflict_do_update(index_elements=["object", "home", "key"], set_={"life": newest}), last
    )
