"""Groups split into pieces that fit a batch."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from reconciler.model.changes import Change

# The maximum number of changes in one batch.
MAX_OPERATIONS: Final = 5000


def batches(changes: Sequence[Change]) -> list[tuple[Change, ...]]:
    """Return the changes in pieces that fit a batch, in order; nearly always one piece.

    A plan puts additions and handovers before removals, so after every piece all open work still
    belongs to somebody.
    """
    # SPEC part 5: only larger groups are split.
    starts = range(0, len(changes), MAX_OPERATIONS)
    return [tuple(changes[start : start + MAX_OPERATIONS]) for start in starts]
