"""Restores an archive into an empty database, as a portal of a new epoch.

The archive is verified before the first row is written. Its rows go into a schema of their own
version, which is then upgraded. The new epoch tells clients that their entity tags, cursors and
`since` are invalid; nobody is logged in.

An archive does not contain later revocations and uses. Therefore a restore ends links, sign-ups
and, unless the caller keeps them, tokens.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, Final

from sqlalchemy import (
    JSON,
    Connection,
    Engine,
    MetaData,
    Table,
    delete,
    event,
    insert,
    inspect,
    or_,
    select,
    true,
    update,
)

from reconciler.portal.rules.audit import AuditAction
from reconciler.portal.rules.principals import COMMAND_LINE
from reconciler.portal.rules.states import MailState
from reconciler.portal.store import tables as t
from reconciler.portal.store.archive import CHUNK, Archive, Manifest, WrongArchive
from reconciler.portal.store.clock import later, system_clock
from reconciler.portal.store.database import (
    WrongDatabase,
    renew_epoch,
    schema_of,
    unversioned,
    upgrade,
)
from reconciler.portal.store.unit_of_work import Row, Work
from reconciler.portal.uploads.private_files import new_private_file

_ROWS_PER_INSERT: Final = 500
LINK_VOID: Final = "the portal was restored: the link in this mail no longer works"
# How long the recipient and subject of a given-up mail are kept.
RETENTION_DAYS: Final = 30


@dataclass(frozen=True, slots=True)
class RestoreResult:
    """The result of a restore: what came back, and what no longer works.

    `tokens`: id, scope and name of each that worked when the archive was written. `tokens_kept`:
    whether they work again. `head`: the head of the backup's audit feed; `revision`: that of the
    entry that records it.
    """

    manifest: Manifest
    tokens: tuple[tuple[str, str, str], ...]
    tokens_kept: bool
    links: int
    sign_ups: int
    mails: int
    head: str
    revision: int


def restore_archive(
    engine: Engine, files: Path, archive: Archive, *, keep_tokens: bool = False
) -> RestoreResult:
    """Write the archive's rows to the database and its files to the folder; return the result."""
    _check_folder(files, archive.manifest)
    with unversioned(engine) as connection:
        _check_empty(connection, archive.manifest)
        _write_rows(connection, archive)
        upgrade(connection, "head")
        restored = _begin_epoch(connection, archive.manifest, keep_tokens=keep_tokens)
        # last, when the rows are certain; bytes without rows are swept later
        _write_files(files, archive)
    return restored


def _check_folder(folder: Path, manifest: Manifest) -> None:
    """Raise a `WrongArchive` if the folder already contains one of the archive's files."""
    if present := [id for id in sorted(manifest.files) if os.path.lexists(folder / id)]:
        raise WrongArchive(
            f"'{folder}' already contains '{present[0]}'; name an empty folder of files"
        )


def _check_empty(connection: Connection, manifest: Manifest) -> None:
    """Create an empty schema of the archive's version; else a `WrongDatabase`."""
    current, _ = schema_of(connection)
    if current is None:
        if inspect(connection).get_table_names():
            raise WrongDatabase(
                "the database contains tables that are not the portal's; name an empty database"
            )
        upgrade(connection, manifest.schema)
        return
    if current != manifest.schema:
        raise WrongDatabase(
            f"the database is of version '{current}', the archive of '{manifest.schema}'; name "
            f"a new database"
        )
    for table in t.metadata.sorted_tables:
        if table.name in {"portal", "settings"}:
            continue
        if connection.execute(select(table).limit(1)).first() is not None:
            raise WrongDatabase(
                f"the database is not empty: it contains {table.name}; name an empty database"
            )
    for table in (t.portal, t.settings):
        connection.execute(delete(table))


def _write_rows(connection: Connection, archive: Archive) -> None:
    present = _tables_of(connection)
    unknown = set(archive.manifest.tables) - {table.name for table in present}
    if unknown:
        raise WrongArchive(
            f"the archive's version '{archive.manifest.schema}' has no table '{min(unknown)}'"
        )
    for table in present:
        if table.name in archive.manifest.tables:
            _write_table(connection, table, archive.rows(table.name))


def _tables_of(connection: Connection) -> list[Table]:
    """Return the tables as they are in the database, which may have an older version."""
    metadata = MetaData()

    @event.listens_for(metadata, "column_reflect")
    def on_column(_inspector: Any, _table: Any, column: Any) -> None:
        if isinstance(column["type"], JSON):
            column["type"] = JSON(none_as_null=True)

    metadata.reflect(connection)
    return metadata.sorted_tables


def _write_table(
    connection: Connection, table: Table, rows: Iterator[dict[str, Any]]
) -> None:
    names = {column.name for column in table.columns}
    while chunk := list(islice(rows, _ROWS_PER_INSERT)):
        if any(set(row) != names for row in chunk):
            raise WrongArchive(
                f"rows of '{table.name}' in the archive have other columns than the table"
            )
        connection.execute(insert(table), chunk)


def _begin_epoch(
    connection: Connection, manifest: Manifest, *, keep_tokens: bool
) -> RestoreResult:
    portal = connection.execute(select(t.portal)).mappings().first()
    if portal is None:
        raise WrongArchive("the archive has no row of the portal itself")
    work = Work(connection, dict(portal), COMMAND_LINE, system_clock())
    renew_epoch(connection)
    epoch = connection.execute(select(t.portal.c.epoch)).scalar_one()
    _requeue_claimed(connection)
    mails, tokens = _void_mails(connection, work.now), _tokens(connection)
    if not keep_tokens:
        connection.execute(
            update(t.tokens).where(t.tokens.c.ended_at.is_(None)).values(ended_at=work.now)
        )
    links, sign_ups = (
        connection.execute(delete(table).where(condition)).rowcount
        for table, condition in (
            (t.links, t.links.c.used_at.is_(None)),
            (t.sign_ups, true()),
        )
    )
    row = Row("portal", {"id": portal["id"]}, None)
    before = {"epoch": portal["epoch"], "head": portal["head"]}
    work.audit(AuditAction.PORTAL_RESTORE, row, before, {"epoch": epoch})
    work.finish()
    return RestoreResult(
        manifest, tokens, keep_tokens, links, sign_ups, mails, portal["head"], work.revision
    )


def _requeue_claimed(connection: Connection) -> None:
    """Queue the mails that were being sent when the archive was written."""
    c = t.outbox.c
    connection.execute(
        update(t.outbox).where(c.state == MailState.SENDING).values(state=MailState.QUEUED)
    )


def _void_mails(connection: Connection, now: str) -> int:
    """Give up queued mails whose link no longer works; return how many there were."""
    c = t.outbox.c
    leads = or_(
        *(c.text.contains(f"/{page}/") for page in ("activate", "confirm", "reset"))
    )
    dead = {
        "state": MailState.DEAD,
        "next_try_at": None,
        "last_error": LINK_VOID,
        "text": "",
        "html": "",
        "forget_at": later(now, days=RETENTION_DAYS),
    }
    waits = c.state == MailState.QUEUED
    return connection.execute(update(t.outbox).where(waits, leads).values(**dead)).rowcount


def _tokens(connection: Connection) -> tuple[tuple[str, str, str], ...]:
    """Return id, scope and name of each valid token."""
    c = t.tokens.c
    rows = connection.execute(
        select(c.id, c.scope, c.name)
        .where(c.ended_at.is_(None))
        .order_by(c.created_at, c.id)
    )
    return tuple((row.id, row.scope, row.name) for row in rows)


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
        raise WrongArchive(
            f"files cannot be written to '{folder}': {error.strerror}"
        ) from None


def _write_file(path: Path, archive: Archive, id: str) -> None:
    with new_private_file(path) as stream, archive.bytes_of(id) as source:
        while chunk := source.read(CHUNK):
            stream.write(chunk)
