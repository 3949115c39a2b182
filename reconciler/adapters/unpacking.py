"""Answers unpacked in small parts: however well something was compressed, it does not fill the memory."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from typing import Final

from reconciler.model.errors import NotUnderstood

LARGEST_PART: Final = 64 * 1024


def decompressed(sent: Iterator[bytes], coding: str, host: str) -> Iterator[bytes]:
    """The parts of an answer whose head names this coding, empty ones too. A part is small, however well it was packed.

    The library would unpack all that arrived at once, and an answer that was compressed several times as well.
    """
    coding = coding.strip().lower()
    if coding not in {"identity", "gzip"}:
        raise NotUnderstood(f"{host} compressed its answer as '{coding:.40}': only gzip was asked for")
    if coding == "identity":
        yield from sent
        return
    unpacker = zlib.decompressobj(16 + zlib.MAX_WBITS)
    try:
        for arrived in sent:
            if unpacker.eof:
                raise NotUnderstood(f"something stands after the end of the compressed answer of {host}")
            waiting = arrived
            while True:
                part = unpacker.decompress(waiting, LARGEST_PART)
                yield part
                waiting = unpacker.unconsumed_tail
                if len(part) < LARGEST_PART:
                    break
    except zlib.error:
        raise NotUnderstood(f"the answer of {host} is not compressed as it says") from None
