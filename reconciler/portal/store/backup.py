"""Writing an archive: rows out of one reading transaction, bytes out of the folder of files.

Servers go on working meanwhile. The archive appears under its name when it is whole and on the disk;
whatever happens before leaves nothing there.
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
    OF_THE_MOMENT,
    Manifest,
    Part,
    WrongArchive,
    file_member,
    table_member,
)
from reconciler.portal.store.clock import text
from reconciler.portal.store.database import known_versions, must_be_of_this_version, reading
from reconciler.portal.uploads.private_files import fresh_file

_ROWS_A_TIME: Final = 2000


def write_archive(engine: Engine, files: Path, out: Path) -> Manifest:
    """Everything at one revision in a new file `out`; what it holds. `files` is the portal's folder of files."""
    try:
        if os.path.lexists(out):
            raise FileExistsError
        with (
            fresh_file(out) as stream,
            reading(engine) as connection,
            zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive,
        ):
            return _write(connection, files, archive)
    except FileExistsError:
        raise WrongArchive(f"'{out}' is there already: name a new file") from None
    except OSError as error:
        raise WrongArchive(f"'{out}' cannot be written: {error.strerror}") from None


def _write(connection: Connection, files: Path, archive: zipfile.ZipFile) -> Manifest:
    must_be_of_this_version(connection)
    head = connection.execute(select(t.portal)).one()
    kept = [table for table in t.metadata.sorted_tables if table.name not in OF_THE_MOMENT]
    parts = {table.name: _write_table(connection, table, archive) for table in kept}
    there, missing = _write_files(connection, files, archive)
    manifest = Manifest(
        known_versions()[0], head.id, head.epoch, head.revision, text(datetime.now(UTC)), parts, there, tuple(missing), head.head
    )  # fmt: skip
    archive.writestr(MANIFEST, manifest.written())
    return manifest


def _write_table(connection: Connection, table: Table, archive: zipfile.ZipFile) -> Part:
    digest, count = hashlib.sha256(), 0
    statement = select(table).order_by(*table.primary_key.columns)
    if table is t.files:
        statement = statement.where(t.files.c.request.is_not(None))  # the others are forgotten within a day
    rows = connection.execution_options(yield_per=_ROWS_A_TIME).execute(statement).mappings()
    with archive.open(table_member(table.name), "w", force_zip64=True) as member:
        for row in rows:
            line = json.dumps(dict(row), ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
            digest.update(line)
            member.write(line)
            count += 1
    return Part(count, digest.hexdigest())


def _write_files(connection: Connection, files: Path, archive: zipfile.ZipFile) -> tuple[dict[str, Part], list[str]]:
    c = t.files.c
    rows = connection.execute(select(c.id, c.size, c.sha256).where(c.request.is_not(None)).order_by(c.id)).all()
    there: dict[str, Part] = {}
    missing = []
    for row in rows:
        part = Part(row.size, row.sha256)
        if _hashed(files / row.id) == part:
            _copy(files / row.id, archive, row.id)
            there[row.id] = part
        else:
            missing.append(row.id)
    return there, missing


def _hashed(path: Path) -> Part | None:
    if not path.is_file():
        return None
    digest, size = hashlib.sha256(), 0
    with path.open("rb") as stream:
        for some in _parts(stream):
            digest.update(some)
            size += len(some)
    return Part(size, digest.hexdigest())


def _copy(path: Path, archive: zipfile.ZipFile, id: str) -> None:
    # what people upload is mostly packed already
    info = zipfile.ZipInfo(file_member(id))
    with path.open("rb") as stream, archive.open(info, "w", force_zip64=True) as member:
        for some in _parts(stream):
            member.write(some)


def _parts(stream: IO[bytes]) -> Iterator[bytes]:
    while some := stream.read(CHUNK):
        yield some
