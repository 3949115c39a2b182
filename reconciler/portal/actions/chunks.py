"""Work on many rows in chunks, one transaction each, so that other writers never wait for long."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

# Rows per transaction.
ROWS_PER_CHUNK: Final = 500


def run_in_chunks(run_chunk: Callable[[], int]) -> int:
    """Repeat `run_chunk` until it handles fewer than `ROWS_PER_CHUNK` rows; return the total."""
    total = count = run_chunk()
    while count == ROWS_PER_CHUNK:
        count = run_chunk()
        total += count
    return total
