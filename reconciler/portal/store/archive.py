"""An archive: everything in a portal at one revision, in one file that proves its completeness.

A ZIP with `manifest.json`, a `tables/NAME.ndjson` for every table, and `files/ID` with the bytes of every
file. The manifest has the number of rows and the SHA-256 of every part, and the version of the schema
that the rows are of. What is about the present moment only is in no archive: sessions, leases, throttles.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import re
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Any, Final

from reconciler.portal.store.database import known_versions

FORMAT: Final = 1
MANIFEST: Final = "manifest.json"
OF_THE_MOMENT: Final = frozenset({"sessions", "leases", "lease_scopes", "attempts"})
CHUNK: Final = 1024 * 1024
_NAME: Final = re.compile(r"[A-Za-z0-9_-]{1,60}")


class WrongArchive(Exception):
    """The archive cannot be used; the message says why. Nothing was written."""


@dataclass(frozen=True, slots=True)
class Part:
    """How much a part of an archive holds (rows of a table, bytes of a file), and the hash of it."""

    amount: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """What an archive holds. `missing`: files of which the folder had no bytes, or others, when it was written."""

    schema: str
    portal: str
    epoch: str
    revision: int
    at: str
    tables: Mapping[str, Part]
    files: Mapping[str, Part]
    missing: tuple[str, ...] = ()
    head: str = ""
    """The hash of the last entry of the audit feed; empty in archives of before there was one."""

    @property
    def sentence(self) -> str:
        """What is in it, for whoever asked for it."""
        counted = ", ".join(
            f"{self.tables[name].amount:,} {name}"
            for name in ("customers", "contacts", "requests")
            if name in self.tables
        )
        size = sum(part.amount for part in self.files.values())
        gone = f"; the bytes of {len(self.missing)} files were missing or damaged" if self.missing else ""
        chain = f"; the head of its audit feed is {self.head}" if self.head else ""
        return (
            f"revision {self.revision} of {self.portal}: {counted}, {len(self.files):,} files of {size:,} bytes"
            f"{gone}{chain}"
        )

    def written(self) -> bytes:
        """The manifest as it stands in the archive."""
        return json.dumps({"format": FORMAT, **asdict(self)}, indent=1).encode()


def table_member(name: str) -> str:
    """Where the rows of a table are."""
    return f"tables/{name}.ndjson"


def file_member(id: str) -> str:
    """Where the bytes of a file are."""
    return f"files/{id}"


@dataclass(frozen=True, slots=True)
class Archive:
    """An archive that was opened and found whole."""

    zip: zipfile.ZipFile
    manifest: Manifest

    def rows(self, table: str) -> Iterator[dict[str, Any]]:
        """The rows of a table."""
        with self.zip.open(table_member(table)) as lines:
            for line in lines:
                yield json.loads(line)

    def bytes_of(self, id: str) -> IO[bytes]:
        """The bytes of a file, to be read part by part."""
        return self.zip.open(file_member(id))


@contextlib.contextmanager
def open_archive(path: Path) -> Iterator[Archive]:
    """The archive, after every byte of it was read and compared; a `WrongArchive` when one is not right."""
    try:
        with zipfile.ZipFile(path) as opened:
            manifest = _manifest(opened)
            _verify(opened, manifest)
            yield Archive(opened, manifest)
    except (OSError, zipfile.BadZipFile, zipfile.LargeZipFile, EOFError) as error:
        raise WrongArchive(f"'{path}' cannot be read as an archive: {error}") from None


def _manifest(opened: zipfile.ZipFile) -> Manifest:
    try:
        found = json.loads(opened.read(MANIFEST))
        if found.pop("format") != FORMAT:
            raise WrongArchive(f"the archive is not of format {FORMAT}, which this program reads")
        parts = {
            kind: {_named(name): Part(**part) for name, part in found.pop(kind).items()} for kind in ("tables", "files")
        }
        manifest = Manifest(**{**found, **parts, "missing": tuple(found["missing"])})
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise WrongArchive(f"the archive's manifest cannot be read: {error}") from None
    if manifest.schema not in known_versions():
        raise WrongArchive(
            f"the archive is of version '{manifest.schema}', which is newer than this program: update it"
        )
    return manifest


def _named(name: str) -> str:
    if not _NAME.fullmatch(name):
        raise ValueError(f"'{name}' names no part of an archive")
    return name


def _verify(opened: zipfile.ZipFile, manifest: Manifest) -> None:
    for kind, parts, member in (("table", manifest.tables, table_member), ("file", manifest.files, file_member)):
        for name, part in parts.items():
            found = _read(opened, member(name), lines=kind == "table")
            if found != part:
                raise WrongArchive(f"{kind} '{name}' of the archive is not what its manifest says")


def _read(opened: zipfile.ZipFile, member: str, *, lines: bool) -> Part:
    digest, size = hashlib.sha256(), 0
    try:
        with opened.open(member) as stream:
            while some := stream.read(CHUNK):
                digest.update(some)
                size += some.count(b"\n") if lines else len(some)
    except KeyError:
        raise WrongArchive(f"'{member}' is missing in the archive") from None
    return Part(size, digest.hexdigest())
