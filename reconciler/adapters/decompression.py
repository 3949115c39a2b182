"""Decompression in small chunks, so that no answer fills the memory, however well it compresses."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from typing import Final

from reconciler.model.errors import NotUnderstood

MAX_CHUNK_BYTES: Final = 64 * 1024


def decompress(compressed: Iterator[bytes], coding: str, host: str) -> Iterator[bytes]:
    """Yield an answer of this content-encoding in decompressed chunks; a chunk may be empty."""
    # httpx would decompress all bytes that arrived in one step: 1 MiB on the line can become 1 GiB
    # in memory. It would also undo several encodings, one after the other.
    coding = coding.strip().lower()
    if coding not in {"identity", "gzip"}:
        raise NotUnderstood(
            f"{host} compressed its answer as '{coding:.40}', but only gzip was asked for"
        )
    if coding == "identity":
        yield from compressed
        return
    # 16 is zlib's flag for the gzip format
    decompressor = zlib.decompressobj(16 + zlib.MAX_WBITS)
    try:
        for part in compressed:
            # gzip allows several members; a portal sends one, and zlib would skip the others
            if decompressor.eof:
                raise NotUnderstood(
                    f"the answer of {host} continues after the end of its compressed data"
                )
            rest = part
            while True:
                chunk = decompressor.decompress(rest, MAX_CHUNK_BYTES)
                yield chunk
                rest = decompressor.unconsumed_tail
                # `rest` can be empty although a full chunk is still inside the decompressor
                if len(chunk) < MAX_CHUNK_BYTES:
                    break
        # A stream that breaks off is no error here: it lacks the end of its JSON, or its trailer.
    except zlib.error:
        raise NotUnderstood(f"the answer of {host} is not valid gzip") from None
