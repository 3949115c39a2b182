"""Writes an archive: rows from one read transaction, bytes from the folder of files.

Servers keep running. The archive appears under its name only when it is complete and on disk.
"""

from __future__ import annotations

import hashlib
import json
import os
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Final

from sqlalchemy import Connection, Engine, Table, select

from reconciler.portal.store import tables as t
from reconciler.portal.store.archive import (
    CHUNK,
    MANIFEST,
    TRANSIENT_TABLES,
    Manifest,
    Part,
    WrongArchive,
    file_member,
    table_member,
)
from reconciler.portal.store.clock import text
from reconciler.portal.store.database import check_version, known_versions, reading
from reconciler.portal.uploads.private_files import new_private_file

_ROWS_PER_FETCH: Final = 2000


def write_archive(engine: Engine, files: Path, out: Path) -> Manifest:
    """Write everything at one revision to a new file `out`; return the manifest.

    `files` is the portal's folder of files.
    """
    try:
        if os.path.lexists(out):
            raise FileExistsError
        with (
            new_private_file(out) as stream,
            reading(engine) as connection,
            zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive,
        ):
            return _write(connection, files, archive)
    except FileExistsError:
        raise WrongArchive(f"'{out}' already exists; name a new file") from None
    except OSError as error:
        raise WrongArchive(f"'{out}' cannot be written: {error.strerror}") from None


def _write(connection: Connection, files: Path, archive: zipfile.ZipFile) -> Manifest:
    check_version(connection)
    head = connection.execute(select(t.portal)).one()
    tables = [
        table for table in t.metadata.sorted_tables if table.name not in TRANSIENT_TABLES
    ]
    parts = {table.name: _write_table(connection, table, archive) for table in tables}
    present, absent = _write_files(connection, files, archive)
    manifest = Manifest(
        known_versions()[0],
        head.id,
        head.epoch,
        head.revision,
        text(datetime.now(UTC)),
        parts,
        present,
        tuple(absent),
        head.head,
    )
    archive.writestr(MANIFEST, manifest.as_bytes())
    return manifest


def _write_table(connection: Connection, table: Table, archive: zipfile.ZipFile) -> Part:
    digest, count = hashlib.sha256(), 0
    statement = select(table).order_by(*table.primary_key.columns)
    if table is t.files:
        # pending uploads are deleted within a day
        statement = statement.where(t.files.c.request.is_not(None))
    rows = (
        connection.execution_options(yield_per=_ROWS_PER_FETCH)
        .execute(statement)
        .mappings()
    )
    with archive.open(table_member(table.name), "w", force_zip64=True) as member:
        for row in rows:
            line = (
                json.dumps(dict(row), ensure_ascii=False, separators=(",", ":")).encode()
                + b"\n"
            )
            digest.update(line)
            member.write(line)
            count += 1
    return Part(count, digest.hexdigest())


def _write_files(
    connection: Connection, files: Path, archive: zipfile.ZipFile
) -> tuple[dict[str, Part], list[str]]:
    c = t.files.c
    rows = connection.execute(
        select(c.id, c.size, c.sha256).where(c.request.is_not(None)).order_by(c.id)
    ).all()
    present: dict[str, Part] = {}
    absent = []
    for row in rows:
        part = Part(row.size, row.sha256)
        if _hash(files / row.id) == part:
            _copy(files / row.id, archive, row.id)
            present[row.id] = part
        else:
            absent.append(row.id)
    return present, absent


def _hash(path: Path) -> Part | None:
    if not path.is_file():
        return None
    digest, size = hashlib.sha256(), 0
    with path.open("rb") as stream:
        for chunk in _chunks(stream):
            digest.update(chunk)
            size += len(chunk)
    return Part(size, digest.hexdigest())


def _copy(path: Path, archive: zipfile.ZipFile, id: str) -> None:
    # stored, not compressed: most uploads are compressed already
    info = zipfile.ZipInfo(file_member(id))
    with path.open("rb") as stream, archive.open(info, "w", force_zip64=True) as member:
        for chunk in _chunks(stream):
            member.write(chunk)


def _chunks(stream: IO[bytes]) -> Iterator[bytes]:
    while chunk := stream.read(CHUNK):
        yield chunk
