"""The requests of a run and their answers, between `steps` and the executor."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from reconciler.model.errors import ReconcilerError
from reconciler.model.outcome import GroupStatus
from reconciler.model.plan import Plan


@dataclass(frozen=True, slots=True)
class TakeLease:
    """Take a lease on all of these scopes, or on none."""

    scopes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PlanAgain:
    """Make the plan once more, now that nobody else writes to these customers."""


@dataclass(frozen=True, slots=True)
class ApplyGroup:
    """Apply a group of the plan, by its index."""

    group: int


@dataclass(frozen=True, slots=True)
class GiveBack:
    """Release the lease."""


@dataclass(frozen=True, slots=True)
class PlanFinally:
    """Make the final plan: what is left."""


@dataclass(frozen=True, slots=True)
class Wait:
    """Wait a moment for other shards; fails when the time of the run for it is over."""


Request: TypeAlias = TakeLease | PlanAgain | ApplyGroup | GiveBack | PlanFinally | Wait


@dataclass(frozen=True, slots=True)
class Done:
    """The lease was taken or released."""


@dataclass(frozen=True, slots=True)
class Planned:
    """A plan was made."""

    plan: Plan


@dataclass(frozen=True, slots=True)
class Finished:
    """A group finished with a status; `stop` when every other group would fail as well."""

    status: GroupStatus
    detail: str = ""
    revision: int | None = None
    stop: bool = False


@dataclass(frozen=True, slots=True)
class Failed:
    """A request other than a batch failed."""

    error: ReconcilerError


Answer: TypeAlias = Done | Planned | Finished | Failed
