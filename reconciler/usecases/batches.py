"""Groups as batches: each one transaction, as few as fit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from reconciler.model.changes import Change
from reconciler.model.plan import Group
from reconciler.planning import ONE_BATCH

# SPEC part 5: the portal takes no larger batch.
MAX_OPERATIONS: Final = 20_000


@dataclass(frozen=True, slots=True)
class Batch:
    """Changes that are sent together. `can_be_halved`: each may be committed before the others."""

    changes: tuple[Change, ...]
    can_be_halved: bool = False

    def halves(self) -> list[Batch]:
        """Return the batch in two parts; none if it must not be split."""
        middle = len(self.changes) // 2
        if not self.can_be_halved or not middle:
            return []
        return [Batch(self.changes[:middle], True), Batch(self.changes[middle:], True)]


def batches(group: Group) -> list[Batch]:
    """Return the group in batches, in order; nearly always one.

    A group that fits one batch is one transaction. Of a larger one, only the additions that depend
    on nothing are split off. The others are one transaction, up to what the portal takes: so no
    removal is committed without the handover and the circle of addresses that belong to it.
    """
    changes = group.changes
    if len(changes) <= ONE_BATCH:
        return [Batch(changes)]
    independent, rest = (
        changes[: group.independent_count],
        changes[group.independent_count :],
    )
    return [
        *(Batch(part, True) for part in _parts(independent, ONE_BATCH)),
        # Beyond the portal's limit there is no other way; handovers come before removals.
        *(Batch(part) for part in _parts(rest, MAX_OPERATIONS)),
    ]


def _parts(changes: tuple[Change, ...], size: int) -> Sequence[tuple[Change, ...]]:
    return [changes[start : start + size] for start in range(0, len(changes), size)]
