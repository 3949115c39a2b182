"""The outcome: the result of applying a plan, group by group."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from reconciler.model.errors import ReconcilerError
from reconciler.model.plan import Group, Permissions, Plan


class GroupStatus(StrEnum):
    """The status of one group after a run.

    APPLIED: committed. HELD_BACK: not tried, because of a safeguard or a missing review. STALE: the
    portal changed meanwhile, nothing written. FAILED: the portal refused it, or the rest of a large
    group. UNKNOWN: sent, but no answer came. NOT_TRIED: the run ended before.
    """

    APPLIED = "applied"
    HELD_BACK = "held_back"
    STALE = "stale"
    FAILED = "failed"
    UNKNOWN = "unknown"
    NOT_TRIED = "not_tried"


# The statuses of groups of which something may have been written.
SENT: Final = frozenset({GroupStatus.APPLIED, GroupStatus.FAILED, GroupStatus.UNKNOWN})


@dataclass(frozen=True, slots=True)
class GroupOutcome:
    """One group's status, with the portal's message where there is one.

    `revision`: the portal's, after the last part of the group that was written.
    """

    group: Group
    status: GroupStatus
    detail: str = ""
    revision: int | None = None

    @property
    def was_changed(self) -> bool | None:
        """Return whether anything of the group was written; None when an answer is missing."""
        if self.status is GroupStatus.APPLIED or self.revision is not None:
            return True
        return None if self.status is GroupStatus.UNKNOWN else False


def last_attempts(
    earlier: Sequence[GroupOutcome], groups: Sequence[GroupOutcome]
) -> tuple[GroupOutcome, ...]:
    """Return the outcomes before and after a wait; of a group that was not applied before it, the
    last one that was sent.
    """
    sent_again = {outcome.group.name for outcome in groups if outcome.status in SENT}
    before = tuple(
        outcome
        for outcome in earlier
        if outcome.status is GroupStatus.APPLIED or outcome.group.name not in sent_again
    )
    unapplied = {
        outcome.group.name
        for outcome in before
        if outcome.status is not GroupStatus.APPLIED
    }
    after = (outcome for outcome in groups if outcome.group.name not in unapplied)
    return (*before, *after)


@dataclass(frozen=True, slots=True)
class Outcome:
    """The outcome of a run. `final_plan` is the plan made at the end; None if it was not made.

    `final_plan_error`: why it could not be made; None when it was not attempted. `declined`: the
    caller declined, and `final_plan` is the plan that was shown. `head`: the hash of the last entry
    of the portal's audit feed at the last read.
    """

    run: str
    groups: tuple[GroupOutcome, ...] = ()
    final_plan: Plan | None = None
    signal: int | None = None
    declined: bool = False
    head: str = ""
    final_plan_error: ReconcilerError | None = None
    next_permissions: Permissions = field(default_factory=Permissions)

    def of(self, *statuses: GroupStatus) -> tuple[GroupOutcome, ...]:
        """Return the groups with one of these statuses, in order."""
        return tuple(group for group in self.groups if group.status in statuses)

    @property
    def was_changed(self) -> bool | None:
        """Return whether anything was changed; None when an answer is missing."""
        results = {group.was_changed for group in self.groups}
        # One written group decides, whatever became of the group without an answer.
        if True in results:
            return True
        return None if None in results else False
