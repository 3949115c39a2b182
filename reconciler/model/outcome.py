"""The outcome: the result of applying a plan, group by group."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from reconciler.model.plan import Group, Permissions, Plan


class GroupStatus(StrEnum):
    """The status of one group after a run.

    APPLIED: committed. HELD_BACK: not tried, because of a safeguard or a missing review. STALE: the
    portal changed meanwhile, nothing written. FAILED: the portal refused, nothing written. UNKNOWN:
    sent, but no answer came. NOT_TRIED: the run ended before.
    """

    APPLIED = "applied"
    HELD_BACK = "held_back"
    STALE = "stale"
    FAILED = "failed"
    UNKNOWN = "unknown"
    NOT_TRIED = "not_tried"


@dataclass(frozen=True, slots=True)
class GroupOutcome:
    """One group's status, with the portal's message where there is one."""

    group: Group
    status: GroupStatus
    detail: str = ""
    revision: int | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """The outcome of a run. `final_plan` is the plan made at the end; None if it was not made.

    `final_plan_error`: why it could not be made; empty when it was not attempted. `declined`: the
    caller declined, and `final_plan` is the plan that was shown. `head`: the hash of the last entry
    of the portal's audit feed at the last read.
    """

    run: str
    groups: tuple[GroupOutcome, ...] = ()
    final_plan: Plan | None = None
    signal: int | None = None
    declined: bool = False
    head: str = ""
    final_plan_error: str = ""
    next_permissions: Permissions = field(default_factory=Permissions)

    def of(self, *statuses: GroupStatus) -> tuple[GroupOutcome, ...]:
        """Return the groups with one of these statuses, in order."""
        return tuple(group for group in self.groups if group.status in statuses)

    @property
    def was_changed(self) -> bool | None:
        """Return whether anything was changed; None when an answer is missing."""
        # One applied group decides, whatever became of the group without an answer.
        if self.of(GroupStatus.APPLIED):
            return True
        return None if self.of(GroupStatus.UNKNOWN) else False
