"""Applying as a step machine: a state and an answer in, the next state and requests out.

Pure, so that every point at which a run can be interrupted can be listed and tested:

    TakeLease → PlanAgain → ApplyGroup … (several groups in parallel) → GiveBack → PlanFinally

Groups are applied stage by stage: the settings, services that open, customers, services that close.
A group that depends on one that was not applied is held back before it is sent.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import Enum, auto
from types import MappingProxyType
from typing import Final, TypeAlias, assert_never

from reconciler.model.changes import Kind
from reconciler.model.errors import ReconcilerError
from reconciler.model.outcome import GroupOutcome, GroupStatus, Outcome
from reconciler.model.plan import Group, Permissions, Plan, RunScope, Scope
from reconciler.model.rules import RuleId
from reconciler.planning import narrow_plan

SETTINGS: Final = "settings"


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


Request: TypeAlias = TakeLease | PlanAgain | ApplyGroup | GiveBack | PlanFinally


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


class Phase(Enum):
    """The phase of a run."""

    LEASING = auto()
    PLANNING = auto()
    WRITING = auto()
    RETURNING = auto()
    LOOKING_BACK = auto()
    OVER = auto()


@dataclass(frozen=True, slots=True)
class State:
    """The state of a run. `pending`: the groups that have not started, in the plan's order."""

    scope: RunScope
    phase: Phase
    groups: tuple[Group, ...]
    parallelism: int = 4
    scopes: frozenset[str] = frozenset()
    outcomes: Mapping[int, GroupOutcome] = field(
        default_factory=lambda: MappingProxyType({})
    )
    pending: tuple[int, ...] = ()
    running: frozenset[int] = frozenset()
    is_stopped: bool = False
    signal: int | None = None
    failure: ReconcilerError | None = None
    final_plan: Plan | None = None

    def outcome(self, run: str) -> Outcome:
        """Return the outcome of the run, in the order of the plan."""
        not_tried = GroupOutcome
        groups = tuple(
            self.outcomes.get(index)
            or not_tried(group, GroupStatus.NOT_TRIED, "the run ended before")
            for index, group in enumerate(self.groups)
        )
        return Outcome(run, groups, self.final_plan, self.signal)


Step: TypeAlias = tuple[State, tuple[Request, ...]]


def begin(plan: Plan, scope: RunScope, parallelism: int = 4) -> Step:
    """Return the first step: a lease on every customer that may be written, or no request."""
    state = State(scope, Phase.LEASING, selected(plan), parallelism)
    # Only to learn which scopes need a lease; the plan that is made under the lease decides
    # anew.
    state = _with_forbidden_groups(
        state, frozenset().union(*(scopes_of(group) for group in state.groups))
    )
    scopes_by_group = [
        scopes_of(group)
        for index, group in enumerate(state.groups)
        if index not in state.outcomes
    ]
    if not scopes_by_group:
        return replace(state, phase=Phase.OVER, final_plan=narrow_plan(plan, scope)), ()
    scopes = frozenset().union(*scopes_by_group)
    return replace(state, outcomes=MappingProxyType({}), scopes=scopes), (
        TakeLease(tuple(sorted(scopes))),
    )


def after_answer(state: State, request: Request, answer: Answer) -> Step:
    """Return the next step after an answer to a request."""
    match request:
        case TakeLease():
            if isinstance(answer, Failed):
                return replace(state, phase=Phase.OVER, failure=answer.error), ()
            # The signal came while the run waited for the lease, which is released unused.
            if state.signal is not None:
                return _give_back(state)
            return replace(state, phase=Phase.PLANNING), (PlanAgain(),)
        case PlanAgain():
            if isinstance(answer, Planned) and state.signal is None:
                again = replace(state, phase=Phase.WRITING, groups=selected(answer.plan))
                return _start_groups(_with_forbidden_groups(again, state.scopes))
            failure = answer.error if isinstance(answer, Failed) else None
            return _give_back(replace(state, failure=failure))
        case ApplyGroup(group):
            return _start_groups(_with_finished_group(state, group, answer))
        case GiveBack():
            # No final plan: after a signal the run must end within 5 s (SPEC part 5), and a
            # failure has a message of its own.
            if state.signal is not None or state.failure is not None:
                return replace(state, phase=Phase.OVER), ()
            return replace(state, phase=Phase.LOOKING_BACK), (PlanFinally(),)
        case PlanFinally():
            final_plan = answer.plan if isinstance(answer, Planned) else None
            return replace(
                state,
                phase=Phase.OVER,
                final_plan=final_plan and narrow_plan(final_plan, state.scope),
            ), ()
    assert_never(request)


def after_signal(state: State, signal: int) -> State:
    """Return the state after a signal: no new group starts; running groups may still answer."""
    return replace(state, signal=signal, is_stopped=True)


def _with_finished_group(state: State, index: int, answer: Answer) -> State:
    result = (
        answer
        if isinstance(answer, Finished)
        else Finished(GroupStatus.UNKNOWN, "no answer arrived")
    )
    outcome = GroupOutcome(
        state.groups[index], result.status, result.detail, result.revision
    )
    state = replace(
        state,
        outcomes=MappingProxyType({**state.outcomes, index: outcome}),
        running=state.running - {index},
        is_stopped=state.is_stopped or result.stop,
    )
    return (
        state
        if result.status is GroupStatus.APPLIED
        else _without_dependents(state, {outcome.group.name})
    )


def _start_groups(state: State) -> Step:
    """Start as many groups as may run in parallel; release the lease when none is left."""
    now = () if state.is_stopped else _next(state)
    if not now and not state.running:
        return _give_back(state)
    state = replace(
        state, running=state.running | set(now), pending=state.pending[len(now) :]
    )
    return state, tuple(ApplyGroup(index) for index in now)


def _next(state: State) -> tuple[int, ...]:
    """Return the first pending groups for which there is capacity, all of the earliest unfinished
    stage.
    """
    room = max(0, state.parallelism - len(state.running))
    candidates = state.pending[:room]
    stage = min(
        (state.groups[index].stage for index in (*state.running, *candidates)), default=None
    )
    # A later stage waits for the whole earlier one: a service that closes before its
    # customers are applied takes rights that they keep.
    return tuple(index for index in candidates if state.groups[index].stage is stage)


def _without_dependents(state: State, unapplied: set[str]) -> State:
    """Hold back the groups that depend on an unapplied one, and their dependents."""
    dependents = {
        i for i in state.pending if not unapplied.isdisjoint(state.groups[i].waits_for)
    }
    if not dependents:
        return state
    outcomes = dict(state.outcomes)
    for index in dependents:
        group = state.groups[index]
        reason = (
            f"depends on {min(unapplied & set(group.waits_for))}, which was not applied"
        )
        outcomes[index] = GroupOutcome(group, GroupStatus.HELD_BACK, reason)
    pending = tuple(index for index in state.pending if index not in dependents)
    names = {state.groups[index].name for index in dependents}
    return _without_dependents(
        replace(state, outcomes=MappingProxyType(outcomes), pending=pending),
        unapplied | names,
    )


def _give_back(state: State) -> Step:
    return replace(state, phase=Phase.RETURNING), (GiveBack(),)


def _with_forbidden_groups(state: State, scopes: frozenset[str]) -> State:
    """Return the state with the outcomes of groups that may not be applied."""
    forbidden = {
        index: _forbidden(group, scopes) for index, group in enumerate(state.groups)
    }
    outcomes = {
        index: GroupOutcome(state.groups[index], *reason)
        for index, reason in forbidden.items()
        if reason is not None
    }
    pending = tuple(index for index, reason in forbidden.items() if reason is None)
    unapplied = {state.groups[index].name for index in outcomes}
    return _without_dependents(
        replace(state, outcomes=MappingProxyType(outcomes), pending=pending), unapplied
    )


def _forbidden(group: Group, scopes: frozenset[str]) -> tuple[GroupStatus, str] | None:
    if group.held_back:
        status = (
            GroupStatus.STALE
            # Exit code 5, plan again. With any other safeguard beside it, it is a refusal
            # (4).
            if set(group.held_back) == {RuleId.NOT_REVIEWED}
            else GroupStatus.HELD_BACK
        )
        return status, ", ".join(group.held_back)
    # Without a lease on all of its customers, another run may be writing to them.
    if not scopes_of(group) <= scopes:
        return GroupStatus.STALE, "appeared after the lease was taken"
    return None


def scopes_of(group: Group) -> frozenset[str]:
    """Return the lease scopes of a group: its customers by their keys before and after, or the
    settings.
    """
    if not group.customers:
        return frozenset({SETTINGS})
    # Another run with older files still takes its lease on the former key.
    former = {
        c.previous_key
        for c in group.changes
        if c.kind is Kind.RENAME_CUSTOMER and c.previous_key
    }
    return frozenset(f"customer:{key}" for key in former | set(group.customers))


def selected(plan: Plan) -> tuple[Group, ...]:
    """Return the groups of the plan that are in this run's scope."""
    return tuple(group for group in plan.groups if not group.outside)


def with_permitted_refusals_removed(plan: Plan, permissions: Permissions) -> Plan:
    """Return the final plan of a run that was permitted to exceed the limits of a whole plan.

    The permission applied to what this run carried out. What is left (of other shards, of customers
    outside the run's scope) is not measured against it again.
    """
    lifted = {
        *([RuleId.TOO_MANY_REMOVALS] if permissions.allow_removals is not None else []),
        *([RuleId.TOO_MANY_MAILS] if permissions.allow_mails is not None else []),
    }
    remaining = tuple(
        r for r in plan.refusals if r.scope is not Scope.PLAN or r.rule not in lifted
    )
    still = {(r.customer, r.rule) for r in remaining}
    groups = tuple(
        replace(
            group,
            held_back=tuple(
                rule
                for rule in group.held_back
                if rule not in lifted
                or any((customer, rule) in still for customer in group.customers)
            ),
        )
        for group in plan.groups
    )
    return replace(plan, groups=groups, refusals=remaining)
