"""The database: SQLite in WAL mode or PostgreSQL by URL, and its two kinds of transactions.

A writing transaction begins by locking the one row of `portal`: writers come one after the other on
both databases, so who saw revision N never later finds one up to N that is new. A reading
transaction sees one revision from its first to its last row.
"""

from __future__ import annotations

import json
import math
import secrets
import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any, Final

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import ColumnElement, Connection, Engine, cast, create_engine, event, func, insert, select, update
from sqlalchemy.dialects import postgresql
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, OperationalError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.pool import QueuePool

from reconciler.portal.rules.fields import DEFAULTS
from reconciler.portal.store import tables as t
from reconciler.portal.uploads.private_files import make_private

_POOL: Final[Mapping[str, Any]] = {"pool_size": 20, "max_overflow": 20, "pool_timeout": 2}
"""Connections of a process, and the seconds that a request waits for a free one before it gets 503."""
AWAY: Final = (OperationalError, PoolTimeout)
"""What is raised while the database does not answer, or no connection to it is free."""


class WrongDatabase(Exception):
    """The database cannot be used; the message says what to do."""


def open_database(url: str) -> Engine:
    """An engine with transactions as the portal needs them; nothing is connected yet."""
    address = _address(url)
    if address.get_backend_name() == "sqlite":
        return _sqlite(url)
    if address.drivername == "postgresql":
        address = address.set(drivername="postgresql+psycopg")
    if address.get_backend_name() != "postgresql":
        raise WrongDatabase(
            f"'{address.get_backend_name()}' is not a database of ours: use sqlite:/// or postgresql://"
        )
    try:
        return create_engine(
            address, **_POOL, pool_pre_ping=True, hide_parameters=True, connect_args={"connect_timeout": 10},
        )  # fmt: skip
    except ModuleNotFoundError as error:
        raise WrongDatabase(
            f"the driver for PostgreSQL is not installed: {error.name} is missing; install the portal "
            "with the extra postgres: pipx install --force '/path/portal_reconciler-…-py3-none-any.whl[portal,postgres]'"
        ) from None


def _address(url: str) -> URL:
    try:
        return make_url(url)
    except (ArgumentError, ValueError):
        raise WrongDatabase(
            "this is not the URL of a database: write sqlite:///FILE or postgresql://USER@HOST/NAME, "
            "and special characters of a password as %XX"
        ) from None


def folder_beside(database: str) -> Path | None:
    """The folder of files beside a database that is a file; None for other databases."""
    address = _address(database)
    if address.get_backend_name() == "sqlite" and address.database not in {None, "", ":memory:"}:
        return Path(f"{address.database}-files")
    return None


def _sqlite(url: str) -> Engine:
    engine = create_engine(
        url, poolclass=QueuePool, **_POOL, connect_args={"timeout": 30}, hide_parameters=True
    )  # fmt: skip

    file = engine.url.database or ""

    @event.listens_for(engine, "do_connect")
    def on_opening(*_: Any) -> None:
        if file and not file.startswith((":memory:", "file:")):
            make_private(Path(file), "-wal", "-shm", "-journal")  # SQLite makes its journals as the file is

    @event.listens_for(engine, "connect")
    def on_connect(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # the driver's own BEGIN would come too late and be of the wrong kind
        for pragma in (
            "journal_mode=WAL",
            "synchronous=FULL",
            "foreign_keys=ON",
            "busy_timeout=30000",
            "secure_delete=ON",
        ):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def on_begin(connection: Connection) -> None:
        writing = connection.get_execution_options().get("writing", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")

    return engine


_SAID: Final = (
    "connection refused", "no such file or directory", "timeout expired", "no route to host",
    "could not translate host name", "failed to resolve host", "password authentication failed",
    "peer authentication failed", "no pg_hba.conf entry", "certificate", "does not exist", "server closed the connection",
    "starting up", "shutting down", "too many clients", "remaining connection slots", "the connection is closed",
)  # fmt: skip
"""What a driver says of connections, as far as it may stand in a log: the rest could name somebody."""


def failure(error: SQLAlchemyError) -> Mapping[str, str]:
    """What a log may say of a database that fails: the driver's class, its code, and a reason that names nobody."""
    if isinstance(error, PoolTimeout):
        return {"error": type(error).__name__, "reason": "every connection is in use"}
    found = getattr(error, "orig", None)
    code = getattr(found, "sqlstate", None) or getattr(found, "sqlite_errorname", None)
    text = str(found).lower()
    reason = next((said for said in _SAID if said in text), None)
    told = {"error": type(found).__name__, "code": code, "reason": reason}
    return {name: value for name, value in told.items() if value}


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """A transaction that sees one state of the database and writes nothing."""
    options = {"isolation_level": "REPEATABLE READ"} if engine.dialect.name == "postgresql" else {}
    with engine.connect().execution_options(**options) as connection, connection.begin():
        yield connection


@contextmanager
def writing(engine: Engine) -> Iterator[tuple[Connection, dict[str, Any]]]:
    """A transaction that may write, and the locked row of `portal`; all of it is committed, or nothing."""
    with engine.connect().execution_options(writing=True) as connection, connection.begin():
        row = connection.execute(select(t.portal).with_for_update()).mappings().one()
        yield connection, dict(row)


@contextmanager
def aside(engine: Engine) -> Iterator[Connection]:
    """A transaction that writes beside the portal's history: nothing that has a revision."""
    with engine.connect().execution_options(writing=True) as connection, connection.begin():
        yield connection


def migrations() -> Config:
    """Alembic's configuration; it has no ini file, for there is nothing to configure."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    return config


def migrate(engine: Engine) -> None:
    """Bring the schema up to date, and put the portal's one row and its settings where none are.

    A schema that is newer than this program is refused: an older program would lose what it does not know.
    """
    with aside(engine) as connection:
        upgrade(connection, "head")
        if connection.execute(select(t.portal.c.one)).first() is None:
            _found(connection)


def upgrade(connection: Connection, version: str) -> None:
    """Bring the schema to this version or beyond, as a part of the transaction; one process at a time does it."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("SELECT pg_advisory_xact_lock(7316)")  # several servers start at once
    current, _ = schema_of(connection)
    if current is not None and current not in known_versions():
        raise WrongDatabase(f"the database is of version '{current}', which is newer than this program: update it")
    config = migrations()
    config.attributes["connection"] = connection
    command.upgrade(config, version)


@cache
def known_versions() -> tuple[str, ...]:
    """The versions of the schema that this program knows, newest first."""
    return tuple(script.revision for script in ScriptDirectory.from_config(migrations()).walk_revisions())


def schema_of(connection: Connection) -> tuple[str | None, str]:
    """The version of the database's schema (None: it has none of ours), and this program's own."""
    return MigrationContext.configure(connection).get_current_revision(), known_versions()[0]


def must_be_of_this_version(connection: Connection) -> None:
    """A `WrongDatabase` unless the schema is the one of this program."""
    found, newest = schema_of(connection)
    if found != newest:
        raise WrongDatabase(f"the database is of version '{found}', not '{newest}': use the program that serves it")


def _found(connection: Connection) -> None:
    connection.execute(
        insert(t.portal).values(
            one=1, id=f"portal-{secrets.token_hex(4)}", name="", epoch=secrets.token_hex(8), revision=0,
            fence=0, secret=secrets.token_hex(32),
        )
    )  # fmt: skip
    connection.execute(
        insert(t.settings).values(id="settings", version=1, revision=0, touched={}, **DEFAULTS["settings"])
    )


def mark_traces(connection: Connection) -> None:
    """Note, as a part of the transaction, that free space of the database may hold what it erases."""
    if connection.dialect.name == "sqlite":
        marks = connection.exec_driver_sql("PRAGMA user_version").scalar_one()
        connection.exec_driver_sql(f"PRAGMA user_version={marks + 1}")


def clear_traces(engine: Engine, largest: float = math.inf) -> bool:
    """Write a marked SQLite file anew and cut off its journal, so that no byte of what was erased stays.

    A file of more than `largest` bytes is left alone, because writers wait meanwhile. While somebody still reads an
    older state the mark stays for the next try. Returns whether there was a mark and it is gone.
    """
    if engine.dialect.name != "sqlite":
        return False  # PostgreSQL reuses the space in its own time: RUNNING.md
    connection = engine.raw_connection()
    ask = connection.cursor().execute
    try:
        (marks,), (size,) = ask("PRAGMA user_version").fetchone(), ask(_SIZE).fetchone()
        if not marks or size > largest:
            return False
        ask("PRAGMA busy_timeout=1000")
        ask("VACUUM")
        (busy, *_) = ask("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        return not busy and _unmark(ask, marks)
    except sqlite3.OperationalError:  # somebody writes: the mark stays
        return False
    finally:
        ask("PRAGMA busy_timeout=30000")
        connection.close()


def _unmark(ask: Callable[[str], Any], marks: int) -> bool:
    """Take the mark away, unless somebody else was erased meanwhile; whether it is gone."""
    ask("BEGIN IMMEDIATE")
    (now,) = ask("PRAGMA user_version").fetchone()
    if now == marks:
        ask("PRAGMA user_version=0")
    ask("COMMIT")
    return bool(now == marks)


_SIZE: Final = "SELECT page_count * page_size FROM pragma_page_count, pragma_page_size"


def among(connection: Connection, column: ColumnElement[str], texts: Sequence[str]) -> ColumnElement[bool]:
    """Whether a column holds one of the texts, however many: they are one parameter, of which a database takes few."""
    if connection.dialect.name == "postgresql":
        return column.in_(select(func.json_array_elements_text(cast(list(texts), postgresql.JSON))))
    return column.in_(select(func.json_each(json.dumps(list(texts))).table_valued("value").c.value))


def renew_epoch(connection: Connection) -> None:
    """From now on everything that callers remember (ETags, cursors, `since`) is of another epoch, and void."""
    connection.execute(update(t.portal).values(epoch=secrets.token_hex(8)))
