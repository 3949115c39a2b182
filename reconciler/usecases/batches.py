"""Groups in pieces that fit a batch."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from reconciler.model.changes import Change

MOST_OPERATIONS: Final = 5000
"""Changes that one batch may hold."""


def batches(changes: Sequence[Change]) -> list[tuple[Change, ...]]:
    """The changes in pieces that fit a batch, in their order; nearly always it is one piece.

    The order of a plan puts additions and handovers before removals, so after every piece all open
    work still belongs to somebody.
    """
    starts = range(0, len(changes), MOST_OPERATIONS)
    return [tuple(changes[start : start + MOST_OPERATIONS]) for start in starts]
