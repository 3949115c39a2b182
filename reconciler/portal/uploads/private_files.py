"""New files for their owner only, whatever the umask; nothing that exists is replaced, and no link is followed."""

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

    Until then it has a name beside `path` that nobody can guess. `FileExistsError` when anything is at `path`, even
    a broken link. The file system must support hard links.
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
    """Create the file if it is missing, and give it and its siblings with these endings mode 0600.

    A file of another user stays as it is. Errors are left to the code that opens the file.
    """
    with contextlib.suppress(OSError):
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_RDWR, PRIVATE))
    for each in (path, *(path.with_name(path.name + ending) for ending in beside)):
        with contextlib.suppress(OSError):
            if each.stat().st_mode & 0o077:
                each.chmod(PRIVATE)
