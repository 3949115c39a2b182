"""The archive format: the whole portal at one revision in one file that proves its completeness.

A ZIP with `manifest.json`, a `tables/NAME.ndjson` for each table, and `files/ID` with the bytes of
each file. The manifest has the number of rows and the SHA-256 of each part, and the schema version
of the rows. Sessions, leases and throttles are not archived.
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

from reconciler.portal.rules.nouns import count_noun
from reconciler.portal.store.database import known_versions

FORMAT: Final = 1
MANIFEST: Final = "manifest.json"
TRANSIENT_TABLES: Final = frozenset({"sessions", "leases", "lease_scopes", "attempts"})
CHUNK: Final = 1024 * 1024
_NAME: Final = re.compile(r"[A-Za-z0-9_-]{1,60}")


class WrongArchive(Exception):
    """The archive cannot be used; the message says why. Nothing was written."""


@dataclass(frozen=True, slots=True)
class Part:
    """The size of a part (rows of a table, bytes of a file) and its hash."""

    amount: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """The contents of an archive. `missing`: files whose bytes were missing or damaged."""

    schema: str
    portal: str
    epoch: str
    revision: int
    at: str
    tables: Mapping[str, Part]
    files: Mapping[str, Part]
    missing: tuple[str, ...] = ()
    head: str = ""
    """The hash of the last entry of the audit feed; empty in archives older than the chain."""

    @property
    def sentence(self) -> str:
        """The contents in one sentence."""
        counts = ", ".join(
            count_noun(self.tables[f"{noun}s"].amount, noun)
            for noun in ("customer", "contact", "request")
            if f"{noun}s" in self.tables
        )
        size = sum(part.amount for part in self.files.values())
        absent = (
            f"; {count_noun(len(self.missing), 'file')} had missing or damaged bytes"
            if self.missing
            else ""
        )
        chain = f"; the head of its audit feed is {self.head}" if self.head else ""
        return (
            f"revision {self.revision} of {self.portal}: {counts}, "
            f"{count_noun(len(self.files), 'file')} of {count_noun(size, 'byte')}"
            f"{absent}{chain}"
        )

    def as_bytes(self) -> bytes:
        """Return the manifest as stored in the archive."""
        return json.dumps({"format": FORMAT, **asdict(self)}, indent=1).encode()


def table_member(name: str) -> str:
    """Return the path of a table's rows."""
    return f"tables/{name}.ndjson"


def file_member(id: str) -> str:
    """Return the path of a file's bytes."""
    return f"files/{id}"


@dataclass(frozen=True, slots=True)
class Archive:
    """An archive that was opened and verified."""

    zip: zipfile.ZipFile
    manifest: Manifest

    def rows(self, table: str) -> Iterator[dict[str, Any]]:
        """Yield the rows of a table."""
        with self.zip.open(table_member(table)) as lines:
            for line in lines:
                yield json.loads(line)

    def bytes_of(self, id: str) -> IO[bytes]:
        """Return a stream of the bytes of a file."""
        return self.zip.open(file_member(id))


@contextlib.contextmanager
def open_archive(path: Path) -> Iterator[Archive]:
    """Open an archive after comparing every byte with its manifest; else a `WrongArchive`."""
    try:
        with zipfile.ZipFile(path) as file:
            manifest = _manifest(file)
            _verify(file, manifest)
            yield Archive(file, manifest)
    except (OSError, zipfile.BadZipFile, zipfile.LargeZipFile, EOFError) as error:
        raise WrongArchive(f"'{path}' cannot be read as an archive: {error}") from None


def _manifest(file: zipfile.ZipFile) -> Manifest:
    try:
        document = json.loads(file.read(MANIFEST))
        if document.pop("format") != FORMAT:
            raise WrongArchive(f"the archive does not have format {FORMAT}")
        parts = {
            kind: {
                _valid_name(name): Part(**part) for name, part in document.pop(kind).items()
            }
            for kind in ("tables", "files")
        }
        manifest = Manifest(**{**document, **parts, "missing": tuple(document["missing"])})
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise WrongArchive(f"the archive's manifest cannot be read: {error}") from None
    if manifest.schema not in known_versions():
        raise WrongArchive(
            f"the archive is of version '{manifest.schema}', which is newer than this program; "
            f"update the program"
        )
    return manifest


def _valid_name(name: str) -> str:
    if not _NAME.fullmatch(name):
        raise ValueError(f"'{name}' is not a valid name of a part")
    return name


def _verify(file: zipfile.ZipFile, manifest: Manifest) -> None:
    for kind, parts, member in (
        ("table", manifest.tables, table_member),
        ("file", manifest.files, file_member),
    ):
        for name, part in parts.items():
            actual = _read(file, member(name), lines=kind == "table")
            if actual != part:
                raise WrongArchive(
                    f"{kind} '{name}' of the archive differs from its manifest"
                )


def _read(file: zipfile.ZipFile, member: str, *, lines: bool) -> Part:
    digest, size = hashlib.sha256(), 0
    try:
        with file.open(member) as stream:
            while chunk := stream.read(CHUNK):
                digest.update(chunk)
                size += chunk.count(b"\n") if lines else len(chunk)
    except KeyError:
        raise WrongArchive(f"'{member}' is missing from the archive") from None
    return Part(size, digest.hexdigest())
