"""Vacuum after an erasure: free space of the database must not contain what was erased.

An erasure marks the database within its transaction; the mark stays until the file is rewritten.
"""

from __future__ import annotations

import math
import sqlite3
from collections.abc import Callable
from typing import Any, Final

from sqlalchemy import Connection, Engine

_SIZE: Final = "SELECT page_count * page_size FROM pragma_page_count, pragma_page_size"


def mark_for_vacuum(connection: Connection) -> None:
    """Mark, within the transaction, that free space of the database may contain erased data."""
    if connection.dialect.name == "sqlite":
        marks = connection.exec_driver_sql("PRAGMA user_version").scalar_one()
        connection.exec_driver_sql(f"PRAGMA user_version={marks + 1}")


def vacuum_if_marked(engine: Engine, max_bytes: float = math.inf) -> bool:
    """Rewrite a marked SQLite file and truncate its journal, so that erased bytes are gone.

    A file of more than `max_bytes` bytes is left alone, because writers wait meanwhile. The mark
    stays if a reader still uses an older state. Returns whether a mark was cleared.
    """
    if engine.dialect.name != "sqlite":
        return False  # PostgreSQL reuses free space by vacuum: see RUNNING.md
    connection = engine.raw_connection()
    execute = connection.cursor().execute
    try:
        (marks,) = execute("PRAGMA user_version").fetchone()
        (size,) = execute(_SIZE).fetchone()
        if not marks or size > max_bytes:
            return False
        execute("PRAGMA busy_timeout=1000")
        execute("VACUUM")
        (busy, *_) = execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        return not busy and _remove_mark(execute, marks)
    except sqlite3.OperationalError:  # another writer is active: the mark stays
        return False
    finally:
        execute("PRAGMA busy_timeout=30000")
        connection.close()


def _remove_mark(execute: Callable[[str], Any], marks: int) -> bool:
    """Remove the mark, unless another erasure happened meanwhile; return whether it is gone."""
    execute("BEGIN IMMEDIATE")
    (now,) = execute("PRAGMA user_version").fetchone()
    if now == marks:
        execute("PRAGMA user_version=0")
    execute("COMMIT")
    return bool(now == marks)
