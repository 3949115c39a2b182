"""The outcome: what came of applying a plan, group by group."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from reconciler.model.plan import Group, Plan


class Fate(StrEnum):
    """What became of one group.

    APPLIED: committed. HELD_BACK: not tried, by a safeguard or because it was not reviewed.
    STALE: the portal moved meanwhile, nothing written. FAILED: the portal refused, nothing
    written. UNKNOWN: sent, and no answer came. NOT_TRIED: the run ended before.
    """

    APPLIED = "applied"
    HELD_BACK = "held_back"
    STALE = "stale"
    FAILED = "failed"
    UNKNOWN = "unknown"
    NOT_TRIED = "not_tried"


@dataclass(frozen=True, slots=True)
class GroupOutcome:
    """One group's fate, with the portal's words for it where there are any."""

    group: Group
    fate: Fate
    detail: str = ""
    revision: int | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a run. `left` is the plan made again at the end; None if it was not made.

    `declined`: whoever was asked said no, and `left` is the plan that was shown. `head`: the hash of the last entry
    of the portal's audit feed when it was read last.
    """

    run: str
    groups: tuple[GroupOutcome, ...] = ()
    left: Plan | None = None
    signal: int | None = None
    declined: bool = False
    head: str = ""

    def of(self, *fates: Fate) -> tuple[GroupOutcome, ...]:
        """The groups that met one of these fates, in order."""
        return tuple(group for group in self.groups if group.fate in fates)

    @property
    def changed(self) -> bool | None:
        """Whether anything was changed; None when one answer never came."""
        if self.of(Fate.APPLIED):
            return True
        return None if self.of(Fate.UNKNOWN) else False
