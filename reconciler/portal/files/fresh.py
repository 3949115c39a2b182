"""New files that nobody could have planted: for their owner only, whatever the umask, and in nobody's place."""

from __future__ import annotations

import contextlib
import os
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Final

PRIVATE: Final = 0o600


@contextlib.contextmanager
def fresh_file(path: Path) -> Iterator[IO[bytes]]:
    """A stream into a new file that appears at `path` when the block ends well, whole and on the disk.

    It grows beside it under a name that nobody can guess. `FileExistsError` when anything is at `path`, a link
    that leads nowhere too. The file system must know hard links.
    """
    growing = path.with_name(f"{path.name}.{secrets.token_hex(8)}.part")
    descriptor = os.open(growing, os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_RDWR, PRIVATE)
    try:
        with os.fdopen(descriptor, "w+b") as stream:
            os.fchmod(descriptor, PRIVATE)
            yield stream
            stream.flush()
            os.fsync(descriptor)
        os.link(growing, path, follow_symlinks=False)  # a rename would replace what is there
    finally:
        growing.unlink(missing_ok=True)


def make_private(path: Path, *beside: str) -> None:
    """Make a file where none is, and take it from everybody but its owner, with those of these endings beside it.

    A file of somebody else stays as it is, and where none can be made whoever opens it says so.
    """
    with contextlib.suppress(OSError):
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_RDWR, PRIVATE))
    for each in (path, *(path.with_name(path.name + ending) for ending in beside)):
        with contextlib.suppress(OSError):
            if each.stat().st_mode & 0o077:
                each.chmod(PRIVATE)
