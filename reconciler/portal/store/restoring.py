"""Bringing an archive back: into an empty database, all of it or nothing, as a portal of a new epoch.

The archive was found whole before the first row is written. Its rows go into a schema of their own
version, which is then brought up to date like any other. Whoever remembers the portal of before (entity
tags, cursors, `since`) is told by the epoch that it is another one; nobody is logged in.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any, Final

from sqlalchemy import JSON, Connection, Engine, MetaData, Table, delete, event, insert, inspect, select, update

from reconciler.portal.rules.states import MailState
from reconciler.portal.store import tables as t
from reconciler.portal.store.archive import CHUNK, Archive, Manifest, WrongArchive
from reconciler.portal.store.database import WrongDatabase, aside, renew_epoch, schema_of, upgrade

_ROWS_A_STATEMENT: Final = 500


def restore_archive(engine: Engine, files: Path, archive: Archive) -> Manifest:
    """The archive's rows in the database behind the engine, its files in the folder; what was brought back."""
    with aside(engine) as connection:
        _must_be_empty(connection, archive.manifest)
        _write_rows(connection, archive)
        _begin_an_epoch(connection)
        upgrade(connection, "head")
        # last, for only then it is sure that rows will refer to them; bytes without rows are swept some day
        _write_files(files, archive)
    return archive.manifest


def _must_be_empty(connection: Connection, manifest: Manifest) -> None:
    """An empty database of the archive's own version is there; `WrongDatabase` when somebody's rows are."""
    found, _ = schema_of(connection)
    if found is None:
        if inspect(connection).get_table_names():
            raise WrongDatabase("the database holds tables that are not the portal's: name an empty one")
        upgrade(connection, manifest.schema)
        return
    if found != manifest.schema:
        raise WrongDatabase(f"the database is of version '{found}', the archive of '{manifest.schema}': name a new one")
    for table in t.metadata.sorted_tables:
        if table.name in {"portal", "settings"}:
            continue
        if connection.execute(select(table).limit(1)).first() is not None:
            raise WrongDatabase(f"the database is not empty: it has {table.name}; name an empty one")
    for table in (t.portal, t.settings):
        connection.execute(delete(table))


def _write_rows(connection: Connection, archive: Archive) -> None:
    present = _tables_of(connection)
    unknown = set(archive.manifest.tables) - {table.name for table in present}
    if unknown:
        raise WrongArchive(f"no version '{archive.manifest.schema}' has a table '{min(unknown)}'")
    for table in present:
        if table.name in archive.manifest.tables:
            _write_table(connection, table, archive.rows(table.name))


def _tables_of(connection: Connection) -> list[Table]:
    """The tables as they are in the database: an archive may be of an older version than our own."""
    metadata = MetaData()

    @event.listens_for(metadata, "column_reflect")
    def on_column(_inspector: Any, _table: Any, column: Any) -> None:
        if isinstance(column["type"], JSON):
            column["type"] = JSON(none_as_null=True)

    metadata.reflect(connection)
    return metadata.sorted_tables


def _write_table(connection: Connection, table: Table, rows: Iterator[dict[str, Any]]) -> None:
    names = {column.name for column in table.columns}
    while some := list(islice(rows, _ROWS_A_STATEMENT)):
        if any(set(row) != names for row in some):
            raise WrongArchive(f"rows of '{table.name}' in the archive have other columns than the table")
        connection.execute(insert(table), some)


def _begin_an_epoch(connection: Connection) -> None:
    portal, outbox = t.portal, t.outbox
    if connection.execute(select(portal.c.one)).first() is None:
        raise WrongArchive("the archive has no row of the portal itself")
    renew_epoch(connection)
    # who was sending it then will never tell
    connection.execute(update(outbox).where(outbox.c.state == MailState.SENDING).values(state=MailState.QUEUED))


def _write_files(folder: Path, archive: Archive) -> None:
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for id in archive.manifest.files:
            _write_file(folder / id, archive, id)
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
    except OSError as error:
        raise WrongArchive(f"files cannot be written to '{folder}': {error.strerror}") from None


def _write_file(path: Path, archive: Archive, id: str) -> None:
    growing = path.with_name(f"{path.name}.part")
    descriptor = os.open(growing, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600)
    with os.fdopen(descriptor, "wb") as stream, archive.bytes_of(id) as source:
        while some := source.read(CHUNK):
            stream.write(some)
        stream.flush()
        os.fsync(stream.fileno())
    growing.rename(path)
