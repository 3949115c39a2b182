"""New files with mode 0600, whatever the umask; nothing is replaced."""

from __future__ import annotations

import contextlib
import os
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Final

PRIVATE: Final = 0o600


@contextlib.contextmanager
def new_private_file(path: Path) -> Iterator[IO[bytes]]:
    """Open a new file that appears at `path` when the block ends without error.

    Until then it has a random name beside `path`. Raises `FileExistsError` if anything is at
    `path`, even a broken link. The file system must support hard links.
    """
    partial = path.with_name(f"{path.name}.{secrets.token_hex(8)}.part")
    descriptor = os.open(
        partial, os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_RDWR, PRIVATE
    )
    try:
        with os.fdopen(descriptor, "w+b") as stream:
            os.fchmod(descriptor, PRIVATE)
            yield stream
            stream.flush()
            os.fsync(descriptor)
        # unlike a rename, a link never replaces a file
        os.link(partial, path, follow_symlinks=False)
    finally:
        partial.unlink(missing_ok=True)


def make_private(path: Path, *beside: str) -> None:
    """Create the file if it is missing; give it and its siblings with these suffixes mode 0600.

    A file of another user stays as it is. Errors are left to the code that opens the file.
    """
    with contextlib.suppress(OSError):
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_RDWR, PRIVATE))
    for file in (path, *(path.with_name(path.name + ending) for ending in beside)):
        with contextlib.suppress(OSError):
            if file.stat().st_mode & 0o077:
                file.chmod(PRIVATE)
