"""Groups split into pieces that fit a batch."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from reconciler.model.changes import Change, Kind

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


# Changes that may be committed before the rest of their group: they take nothing from anybody.
# Not an adoption, which can lower a role.
_ADDITIONS: Final = frozenset(
    {
        Kind.CREATE_CONTACT,
        Kind.APPROVE_REGISTRATION,
        Kind.RESTORE_CONTACT,
        Kind.RECORD,
    }
)


def halved(
    piece: tuple[Change, ...], changes: Sequence[Change]
) -> list[tuple[Change, ...]]:
    """Return a batch that was too large in two pieces; none if it must not be split.

    `changes`: those of its group. A group that fits one batch is one transaction, whatever a proxy
    accepts. Of a larger one, only the additions that come first are split off, so no removal is
    committed without the handover and the circle of addresses that belong to it.
    """
    if len(changes) <= MAX_OPERATIONS:
        return []
    leading = next(
        (place for place, change in enumerate(piece) if change.kind not in _ADDITIONS),
        len(piece),
    )
    middle = leading if leading < len(piece) else len(piece) // 2
    return [piece[:middle], piece[middle:]] if 0 < middle < len(piece) else []
