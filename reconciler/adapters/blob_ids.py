"""The ids that git gives to bytes, computed without git.

In: bytes, or an open file. Out: the id that a blob with these bytes has in the repository, so that
`repository` can compare the disk with a commit.
"""

from __future__ import annotations

import hashlib
import os
from typing import Final

# Before the blob id of a link: a file may contain exactly the text of a link's target, and then
# both have the same blob.
LINK_PREFIX: Final = "link "

_CHUNK_BYTES: Final = 1 << 20


def blob_id(content: bytes, digest: str) -> str:
    """Return the id that git gives to these bytes; `digest` is the repository's object format."""
    hasher = _start_blob(len(content), digest)
    hasher.update(content)
    return hasher.hexdigest()


def blob_id_of_file(handle: int, size: int, digest: str) -> str:
    """Return the id that git gives to the first `size` bytes of an open file."""
    hasher = _start_blob(size, digest)
    # a file that grows while it is read must not be read forever
    while size > 0 and (chunk := os.read(handle, _CHUNK_BYTES)):
        hasher.update(chunk)
        size -= len(chunk)
    return hasher.hexdigest()


def _start_blob(size: int, digest: str) -> hashlib._Hash:
    # git hashes a header in front of the bytes ("Git Internals - Git Objects" in Pro Git).
    # A system in FIPS mode refuses SHA-1 without `usedforsecurity=False`.
    return hashlib.new(digest, b"blob %d\0" % size, usedforsecurity=False)
