"""The vault: a folder beside the database that holds the bytes of files, each under the id of its row.

Bytes come first and rows after: whatever dies in between leaves bytes without a row, which
`leftovers` finds, and never a row without bytes. Names that people gave are in the rows only; nothing
that somebody typed becomes a path.
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

LARGEST: Final = 100 * 1024 * 1024
"""Bytes of one file."""

_ID: Final = re.compile(r"file_[0-9a-f]{20}")
_PART: Final = ".part"
_SWEPT: Final = "swept"


@dataclass(frozen=True, slots=True)
class Kept:
    """Bytes that are in the vault for good, whatever happens to the machine."""

    id: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Vault:
    """The folder of the bytes of files, created with the first file; `place` is None for a store that has no files."""

    place: Path | None
    largest: int = LARGEST

    @property
    def folder(self) -> Path:
        """The folder; a LookupError in a store that was opened without one."""
        if self.place is None:
            raise LookupError("this store was opened without a folder of files")
        return self.place

    @contextlib.contextmanager
    def incoming(self) -> Iterator[Incoming]:
        """Room for one file that is on its way; what was not finished when the block ends is gone."""
        with _answering():
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            arriving = Incoming(self)
        try:
            yield arriving
        finally:
            arriving.close()

    def path(self, id: str) -> Path:
        """Where the bytes of a file lie."""
        if not _ID.fullmatch(id):
            raise LookupError(f"'{id}' is no id of a file")
        return self.folder / id

    def there(self, id: str) -> Path:
        """Where the bytes lie; a problem when they do not, as after a restore without the folder."""
        path = self.path(id)
        if not path.is_file():
            raise Problem("unavailable", f"the bytes of '{id}' are not in the portal's folder of files")
        return path

    def discard(self, id: str) -> None:
        """The bytes are gone; it is no error when they were gone before."""
        self.path(id).unlink(missing_ok=True)

    def leftovers(self, age_s: float) -> list[str]:
        """Names in the folder that nothing was written to for so long, finished or not.

        Bytes follow the machine's clock, as leases do, whatever day the portal believes it to be.
        """
        if not self.folder.is_dir():
            return []
        with os.scandir(self.folder) as entries:
            old = [entry for entry in entries if time.time() - entry.stat(follow_symlinks=False).st_mtime > age_s]
        return sorted(entry.name for entry in old if _ID.fullmatch(entry.name.removesuffix(_PART)))

    def to_be_swept(self, every_s: float) -> bool:
        """Whether nobody, in whichever process, looked for leftovers for so long."""
        mark = self.folder / _SWEPT
        return self.folder.is_dir() and not (mark.exists() and time.time() - mark.stat().st_mtime < every_s)

    def sweep(self, names: list[str]) -> None:
        """Forget these leftovers, and note that it was done."""
        for name in names:
            (self.folder / name).unlink(missing_ok=True)
        (self.folder / _SWEPT).touch(mode=0o600)


class Passing:
    """One file of which nothing is kept but its size and hash: it came before."""

    def __init__(self, vault: Vault) -> None:
        self.size = 0
        self._vault = vault
        self._hash = hashlib.sha256()

    @property
    def sha256(self) -> str:
        return self._hash.hexdigest()

    def write(self, part: bytes) -> None:
        """Take some more; a `too-large` problem beyond the limit."""
        self.size += len(part)
        if self.size > self._vault.largest:
            raise too_large(self._vault.largest)
        self._hash.update(part)


class Incoming(Passing):
    """One file on its way into the vault: written part by part, and hashed while it comes."""

    def __init__(self, vault: Vault) -> None:
        super().__init__(vault)
        self.id = f"file_{secrets.token_hex(10)}"
        self._path = vault.folder / f"{self.id}{_PART}"
        self._file = os.fdopen(os.open(self._path, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_NOFOLLOW, 0o600), "wb")

    def write(self, part: bytes) -> None:
        """Keep some more; a `too-large` problem beyond the limit."""
        super().write(part)
        with _answering():
            self._file.write(part)

    def finish(self) -> Kept:
        """All is there: on the disk under its own name, and the folder knows it."""
        with _answering():
            self._file.flush()
            os.fsync(self._file.fileno())
            self._file.close()
            self._path.rename(self._vault.path(self.id))
            folder = os.open(self._vault.folder, os.O_RDONLY | os.O_DIRECTORY)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)
        return Kept(self.id, self.size, self.sha256)

    def close(self) -> None:
        """Forget what was not finished."""
        with contextlib.suppress(OSError):  # a full disk says so once more when its buffer is let go
            self._file.close()
        self._path.unlink(missing_ok=True)


def too_large(limit: int) -> Problem:
    """The problem that a file has more bytes than the portal takes."""
    return Problem("too-large", f"a file has {limit:,} bytes at most", limit=limit)


@contextlib.contextmanager
def _answering() -> Iterator[None]:
    """What the disk refuses is a problem of today, not of the caller and not a bug."""
    try:
        yield
    except OSError as error:
        raise Problem("unavailable", f"the portal cannot keep files now: {os.strerror(error.errno or 0)}") from error
