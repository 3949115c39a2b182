"""The database: SQLite in WAL mode or PostgreSQL, and its two kinds of transactions.

A write transaction first locks the one row of `portal`, so writers run one after the other on both
databases, and a reader of revision N never later finds a new row with a revision up to N. A read
transaction sees one revision throughout.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any, Final

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import (
    ColumnElement,
    Connection,
    Engine,
    cast,
    create_engine,
    event,
    func,
    insert,
    select,
    update,
)
from sqlalchemy.dialects import postgresql
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, OperationalError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.pool import QueuePool

from reconciler.portal.rules.fields import DEFAULTS
from reconciler.portal.store import tables as t
from reconciler.portal.uploads.private_files import make_private

# Connections per process, and how long a request waits for one before it gets 503.
_POOL: Final[Mapping[str, Any]] = {"pool_size": 20, "max_overflow": 20, "pool_timeout": 2}
# The exceptions while the database does not answer or no connection is free.
UNAVAILABLE: Final = (OperationalError, PoolTimeout)


class WrongDatabase(Exception):
    """The database cannot be used; the message says what to do."""


def open_database(url: str) -> Engine:
    """Return an engine with the portal's transactions; it does not connect yet."""
    address = _address(url)
    if address.get_backend_name() == "sqlite":
        return _sqlite(url)
    if address.drivername == "postgresql":
        address = address.set(drivername="postgresql+psycopg")
    if address.get_backend_name() != "postgresql":
        raise WrongDatabase(
            f"'{address.get_backend_name()}' is not a supported database; use sqlite:/// or "
            f"postgresql://"
        )
    try:
        return create_engine(
            address,
            **_POOL,
            pool_pre_ping=True,
            hide_parameters=True,
            connect_args={"connect_timeout": 10},
        )
    except ModuleNotFoundError as error:
        raise WrongDatabase(
            f"the driver for PostgreSQL is not installed: {error.name} is missing; install the "
            f"portal "
            "with the extra postgres: pipx install --force "
            "'/path/portal_reconciler-…-py3-none-any.whl[portal,postgres]'"
        ) from None


def _address(url: str) -> URL:
    try:
        return make_url(url)
    except (ArgumentError, ValueError):
        raise WrongDatabase(
            "this is not the URL of a database: write sqlite:///FILE or "
            "postgresql://USER@HOST/NAME, "
            "and special characters of a password as %XX"
        ) from None


def require_database(url: str) -> None:
    """Raise `WrongDatabase` for an SQLite file that does not exist: opening it would create it."""
    address = _address(url)
    file = address.database or ""
    if address.get_backend_name() != "sqlite" or file.startswith((":memory:", "file:")):
        return
    if not Path(file).is_file():
        raise WrongDatabase(
            f"there is no database '{file}'; check --database, or start the portal first: "
            "reconciler portal serve creates it"
        )


def folder_beside(database: str) -> Path | None:
    """Return the folder of files beside a database file; None for other databases."""
    address = _address(database)
    if address.get_backend_name() == "sqlite" and address.database not in {
        None,
        "",
        ":memory:",
    }:
        return Path(f"{address.database}-files")
    return None


def _sqlite(url: str) -> Engine:
    engine = create_engine(
        url,
        poolclass=QueuePool,
        **_POOL,
        connect_args={"timeout": 30},
        hide_parameters=True,
    )

    file = engine.url.database or ""

    @event.listens_for(engine, "do_connect")
    def on_opening(*_: Any) -> None:
        if file and not file.startswith((":memory:", "file:")):
            # SQLite gives its journals the mode of the file
            make_private(Path(file), "-wal", "-shm", "-journal")

    @event.listens_for(engine, "connect")
    def on_connect(connection: Any, _record: Any) -> None:
        # the driver's own BEGIN would come too late, and without IMMEDIATE
        connection.isolation_level = None
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


# Driver messages that a log may contain; the rest could name somebody.
_LOGGABLE: Final = (
    "connection refused",
    "no such file or directory",
    "timeout expired",
    "no route to host",
    "could not translate host name",
    "failed to resolve host",
    "password authentication failed",
    "peer authentication failed",
    "no pg_hba.conf entry",
    "certificate",
    "does not exist",
    "server closed the connection",
    "starting up",
    "shutting down",
    "too many clients",
    "remaining connection slots",
    "the connection is closed",
)


def failure(error: SQLAlchemyError) -> Mapping[str, str]:
    """Return what a log may say about a database error: class, code and harmless reason."""
    if isinstance(error, PoolTimeout):
        return {"error": type(error).__name__, "reason": "every connection is in use"}
    cause = getattr(error, "orig", None)
    code = getattr(cause, "sqlstate", None) or getattr(cause, "sqlite_errorname", None)
    text = str(cause).lower()
    reason = next((phrase for phrase in _LOGGABLE if phrase in text), None)
    details = {"error": type(cause).__name__, "code": code, "reason": reason}
    return {name: value for name, value in details.items() if value}


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """Open a transaction that sees one state of the database and writes nothing."""
    options = (
        {"isolation_level": "REPEATABLE READ"}
        if engine.dialect.name == "postgresql"
        else {}
    )
    with engine.connect().execution_options(**options) as connection, connection.begin():
        yield connection


@contextmanager
def writing(engine: Engine) -> Iterator[tuple[Connection, dict[str, Any]]]:
    """Open a write transaction; yields the connection and the locked row of `portal`."""
    with engine.connect().execution_options(writing=True) as connection, connection.begin():
        row = connection.execute(select(t.portal).with_for_update()).mappings().one()
        yield connection, dict(row)


@contextmanager
def unversioned(engine: Engine) -> Iterator[Connection]:
    """Open a write transaction for data without a revision, beside the portal's history."""
    with engine.connect().execution_options(writing=True) as connection, connection.begin():
        yield connection


def migrations() -> Config:
    """Return Alembic's configuration, without an ini file."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    return config


def migrate(engine: Engine) -> None:
    """Upgrade the schema, and insert the portal's row and its settings if they are missing.

    A schema newer than this program is refused, because an older program would lose data that it
    does not know.
    """
    with unversioned(engine) as connection:
        upgrade(connection, "head")
        if connection.execute(select(t.portal.c.one)).first() is None:
            _insert_portal(connection)


def upgrade(connection: Connection, version: str) -> None:
    """Upgrade the schema to at least this version within the transaction, one process at a time."""
    if connection.dialect.name == "postgresql":
        # several servers may start at once
        connection.exec_driver_sql("SELECT pg_advisory_xact_lock(7316)")
    current, _ = schema_of(connection)
    if current is not None and current not in known_versions():
        raise WrongDatabase(
            f"the database is of version '{current}', which is newer than this program; update "
            f"the program"
        )
    config = migrations()
    config.attributes["connection"] = connection
    command.upgrade(config, version)


@cache
def known_versions() -> tuple[str, ...]:
    """Return the schema versions that this program knows, newest first."""
    return tuple(
        script.revision
        for script in ScriptDirectory.from_config(migrations()).walk_revisions()
    )


def schema_of(connection: Connection) -> tuple[str | None, str]:
    """Return the schema version of the database (None: empty) and this program's version."""
    return MigrationContext.configure(connection).get_current_revision(), known_versions()[
        0
    ]


def check_version(connection: Connection) -> None:
    """Raise a `WrongDatabase` unless the schema has this program's version."""
    current, newest = schema_of(connection)
    if current != newest:
        raise WrongDatabase(
            f"the database is of version '{current}', not '{newest}'; use the program that "
            f"serves it"
        )


def _insert_portal(connection: Connection) -> None:
    connection.execute(
        insert(t.portal).values(
            one=1,
            id=f"portal-{secrets.token_hex(4)}",
            name="",
            epoch=secrets.token_hex(8),
            revision=0,
            fence=0,
            secret=secrets.token_hex(32),
        )
    )
    connection.execute(
        insert(t.settings).values(
            id="settings", version=1, revision=0, touched={}, **DEFAULTS["settings"]
        )
    )


def is_one_of(
    connection: Connection, column: ColumnElement[str], texts: Sequence[str]
) -> ColumnElement[bool]:
    """Return the condition that a column holds one of the texts, as a single parameter."""
    if connection.dialect.name == "postgresql":
        return column.in_(
            select(func.json_array_elements_text(cast(list(texts), postgresql.JSON)))
        )
    return column.in_(
        select(func.json_each(json.dumps(list(texts))).table_valued("value").c.value)
    )


def renew_epoch(connection: Connection) -> None:
    """Start a new epoch: ETags, cursors and `since` of callers become invalid."""
    connection.execute(update(t.portal).values(epoch=secrets.token_hex(8)))
