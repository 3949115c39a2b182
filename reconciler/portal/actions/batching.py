"""Work on many rows in batches, one transaction each, so that other writers never wait for long."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

# Rows per transaction.
ROWS_PER_BATCH: Final = 500


def run_in_batches(run_batch: Callable[[], int]) -> int:
    """Repeat `run_batch` until it handles fewer than `ROWS_PER_BATCH` rows; return the total."""
    total = count = run_batch()
    while count == ROWS_PER_BATCH:
        count = run_batch()
        total += count
    return total
