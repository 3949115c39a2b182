"""The vault: a folder with the bytes of files, each named by the id of its row.

Bytes are written before rows, so a crash leaves bytes without a row, which `leftovers` finds, and
never a row without bytes. Original names are only in the rows; no typed text becomes a path.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import secrets
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from reconciler.portal.rules.problems import Problem

# Bytes of one file.
MAX_FILE_BYTES: Final = 100 * 1024 * 1024

_ID: Final = re.compile(r"file_[0-9a-f]{20}")
_PART: Final = ".part"
_LAST_SWEEP: Final = "swept"


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A file that is safely on disk."""

    id: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Vault:
    """The folder of files, created with the first file; `place` is None without files."""

    place: Path | None
    max_bytes: int = MAX_FILE_BYTES

    @property
    def folder(self) -> Path:
        """The folder; a LookupError in a store that was opened without one."""
        if self.place is None:
            raise LookupError("this store was opened without a folder of files")
        return self.place

    @contextlib.contextmanager
    def incoming(self) -> Iterator[IncomingFile]:
        """Open a new file; it is deleted if it is not finished when the block ends."""
        with _disk_problems():
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            file = IncomingFile(self)
        try:
            yield file
        finally:
            file.close()

    def path(self, id: str) -> Path:
        """Return the path of a file's bytes."""
        if not _ID.fullmatch(id):
            raise LookupError(f"'{id}' is not the id of a file")
        return self.folder / id

    def existing_path(self, id: str) -> Path:
        """Return the path of a file's bytes; a problem if they are missing."""
        path = self.path(id)
        if not path.is_file():
            raise Problem(
                "unavailable",
                f"the bytes of '{id}' are not in the portal's folder of files",
            )
        return path

    def discard(self, id: str) -> None:
        """Delete the bytes; it is not an error if they are already gone."""
        self.path(id).unlink(missing_ok=True)

    def leftovers(self, age_s: float) -> list[str]:
        """Return the names of files that were not written to for this long, finished or not.

        Files follow the machine's clock, as leases do, not the portal's.
        """
        if not self.folder.is_dir():
            return []
        with os.scandir(self.folder) as entries:
            old = [
                entry
                for entry in entries
                if time.time() - entry.stat(follow_symlinks=False).st_mtime > age_s
            ]
        return sorted(
            entry.name for entry in old if _ID.fullmatch(entry.name.removesuffix(_PART))
        )

    def needs_sweep(self, every_s: float) -> bool:
        """Return whether no process has swept the folder for this long."""
        mark = self.folder / _LAST_SWEEP
        return self.folder.is_dir() and not (
            mark.exists() and time.time() - mark.stat().st_mtime < every_s
        )

    def sweep(self, names: list[str]) -> None:
        """Delete these leftovers, and record the time."""
        for name in names:
            (self.folder / name).unlink(missing_ok=True)
        (self.folder / _LAST_SWEEP).touch(mode=0o600)


class HashedFile:
    """A file of which only size and hash are computed."""

    def __init__(self, vault: Vault) -> None:
        self.size = 0
        self._vault = vault
        self._hash = hashlib.sha256()

    @property
    def sha256(self) -> str:
        return self._hash.hexdigest()

    def write(self, part: bytes) -> None:
        """Add bytes; a `too-large` problem beyond the limit."""
        self.size += len(part)
        if self.size > self._vault.max_bytes:
            raise too_large(self._vault.max_bytes)
        self._hash.update(part)


class IncomingFile(HashedFile):
    """A file on its way into the vault, hashed while it is written."""

    def __init__(self, vault: Vault) -> None:
        super().__init__(vault)
        self.id = f"file_{secrets.token_hex(10)}"
        self._path = vault.folder / f"{self.id}{_PART}"
        self._file = os.fdopen(
            os.open(
                self._path, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_NOFOLLOW, 0o600
            ),
            "wb",
        )

    def write(self, part: bytes) -> None:
        """Write bytes; a `too-large` problem beyond the limit."""
        super().write(part)
        with _disk_problems():
            self._file.write(part)

    def finish(self) -> StoredFile:
        """Sync the file and its folder to disk under its final name; return it."""
        with _disk_problems():
            self._file.flush()
            os.fsync(self._file.fileno())
            self._file.close()
            self._path.rename(self._vault.path(self.id))
            folder = os.open(self._vault.folder, os.O_RDONLY | os.O_DIRECTORY)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)
        return StoredFile(self.id, self.size, self.sha256)

    def close(self) -> None:
        """Delete an unfinished file."""
        # a full disk raises again when the buffer is flushed
        with contextlib.suppress(OSError):
            self._file.close()
        self._path.unlink(missing_ok=True)


def too_large(limit: int) -> Problem:
    """Return the problem that a file is larger than the limit."""
    return Problem("too-large", f"a file may have at most {limit:,} bytes", limit=limit)


@contextlib.contextmanager
def _disk_problems() -> Iterator[None]:
    """Turn errors of the disk into an `unavailable` problem."""
    try:
        yield
    except OSError as error:
        raise Problem(
            "unavailable",
            f"the portal cannot store files now: {os.strerror(error.errno or 0)}",
        ) from error
