"""Decompresses answers in small parts, so that no answer fills the memory, however well it was
compressed.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from typing import Final

from reconciler.model.errors import NotUnderstood

LARGEST_PART: Final = 64 * 1024


def decompressed(sent: Iterator[bytes], coding: str, host: str) -> Iterator[bytes]:
    """Yield the decompressed parts of an answer of this content-encoding; a part may be empty,
    and is never large.

    The library would decompress everything that arrived in one step, and also what was
    compressed several times.
    """
    coding = coding.strip().lower()
    if coding not in {"identity", "gzip"}:
        raise NotUnderstood(
            f"{host} compressed its answer as '{coding:.40}', but only gzip was asked for"
        )
    if coding == "identity":
        yield from sent
        return
    unpacker = zlib.decompressobj(16 + zlib.MAX_WBITS)
    try:
        for arrived in sent:
            if unpacker.eof:
                raise NotUnderstood(
                    f"the answer of {host} continues after the end of its compressed data"
                )
            waiting = arrived
            while True:
                part = unpacker.decompress(waiting, LARGEST_PART)
                yield part
                waiting = unpacker.unconsumed_tail
                if len(part) < LARGEST_PART:
                    break
    except zlib.error:
        raise NotUnderstood(f"the answer of {host} is not compressed as it says") from None
