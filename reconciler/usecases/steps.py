"""Applying as a step machine: a state and an answer in, the next state and requests out.

Pure, so that every point at which a run can be interrupted can be listed and tested:

    TakeLease → PlanAgain → ApplyGroup … (several groups in parallel) → GiveBack → PlanFinally

With `--shard`, a group may wait for a group of another shard: PlanFinally → Wait → PlanFinally …,
and once it waits no longer, all of the above again for what is left.

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
from reconciler.model.outcome import SENT, GroupOutcome, GroupStatus, Outcome, last_attempts
from reconciler.model.plan import Group, Plan, RunScope
from reconciler.model.rules import RuleId
from reconciler.planning import narrow_plan
from reconciler.usecases.run_requests import (
    Answer,
    ApplyGroup,
    Failed,
    Finished,
    GiveBack,
    PlanAgain,
    PlanFinally,
    Planned,
    Request,
    TakeLease,
    Wait,
)

SETTINGS: Final = "settings"


class Phase(Enum):
    """The phase of a run."""

    LEASING = auto()
    PLANNING = auto()
    WRITING = auto()
    RETURNING = auto()
    LOOKING_BACK = auto()
    WAITING = auto()
    OVER = auto()


@dataclass(frozen=True, slots=True)
class State:
    """The state of a run. `pending`: the groups that have not started, in the plan's order.

    `earlier`: the groups that were sent before the run waited for other shards.
    """

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
    final_plan_error: ReconcilerError | None = None
    earlier: tuple[GroupOutcome, ...] = ()

    def outcome(self, run: str) -> Outcome:
        """Return the outcome of the run, in the order of the plan."""
        groups = tuple(
            self.outcomes.get(index)
            or GroupOutcome(group, GroupStatus.NOT_TRIED, "the run ended before")
            for index, group in enumerate(self.groups)
        )
        return Outcome(
            run,
            last_attempts(self.earlier, groups),
            self.final_plan,
            self.signal,
            final_plan_error=self.final_plan_error
            or (self.failure if self.earlier else None),
        )


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
        return _with_final_plan(state, plan)
    scopes = frozenset().union(*scopes_by_group)
    return replace(state, outcomes=MappingProxyType({}), scopes=scopes), (
        TakeLease(tuple(sorted(scopes))),
    )


def after_answer(state: State, request: Request, answer: Answer) -> Step:
    """Return the next step after an answer to a request."""
    match request:
        case TakeLease():
            return _after_lease(state, answer)
        case PlanAgain():
            return _after_plan_again(state, answer)
        case ApplyGroup(group):
            return _start_groups(_with_finished_group(state, group, answer))
        case GiveBack():
            # No final plan: after a signal the run must end within 5 s (SPEC part 5), and a
            # failure has a message of its own.
            if state.signal is not None or state.failure is not None:
                return replace(state, phase=Phase.OVER), ()
            return replace(state, phase=Phase.LOOKING_BACK), (PlanFinally(),)
        case PlanFinally():
            return _after_final_plan(state, answer)
        case Wait():
            if isinstance(answer, Failed) or state.signal is not None:
                return replace(state, phase=Phase.OVER), ()
            return replace(state, phase=Phase.LOOKING_BACK), (PlanFinally(),)
    assert_never(request)


def _after_lease(state: State, answer: Answer) -> Step:
    if isinstance(answer, Failed):
        return replace(state, phase=Phase.OVER, failure=answer.error), ()
    # The signal came while the run waited for the lease, which is released unused.
    if state.signal is not None:
        return _give_back(state)
    return replace(state, phase=Phase.PLANNING), (PlanAgain(),)


def _after_plan_again(state: State, answer: Answer) -> Step:
    if isinstance(answer, Planned) and state.signal is None:
        again = replace(state, phase=Phase.WRITING, groups=selected(answer.plan))
        return _start_groups(_with_forbidden_groups(again, state.scopes))
    failure = answer.error if isinstance(answer, Failed) else None
    return _give_back(replace(state, failure=failure))


def _after_final_plan(state: State, answer: Answer) -> Step:
    """Return the next step: over, unless a group waits for another shard, or did so until now."""
    if not isinstance(answer, Planned):
        error = answer.error if isinstance(answer, Failed) else None
        # A plan from before a wait says nothing about now.
        over = replace(state, phase=Phase.OVER, final_plan=None, final_plan_error=error)
        return over, ()
    was_waiting = {group.name for group in state.groups if _only_waits(group)}
    if not was_waiting & {group.name for group in answer.plan.ready}:
        return _with_final_plan(state, answer.plan)
    earlier = state.outcome("").of(*SENT)
    again, requests = begin(answer.plan, state.scope, state.parallelism)
    return replace(again, earlier=earlier), requests


def _with_final_plan(state: State, plan: Plan) -> Step:
    """Return the end of the run, or a pause while a group waits for another shard."""
    state = replace(state, final_plan=narrow_plan(plan, state.scope))
    elsewhere = {
        group.name for group in plan.groups if group.outside and not group.held_back
    }
    if (
        state.scope.shard is None
        or state.signal is not None
        or all(elsewhere.isdisjoint(g.waits_for) for g in plan.groups if _only_waits(g))
    ):
        return replace(state, phase=Phase.OVER), ()
    return replace(state, phase=Phase.WAITING), (Wait(),)


def _only_waits(group: Group) -> bool:
    """Return whether the run would apply the group if other groups were applied."""
    return bool(group.held_back) and set(group.held_back) <= _WAITING and not group.outside


_WAITING: Final = frozenset({RuleId.WAITS_FOR_CUSTOMER, RuleId.WAITS_FOR_SERVICE})


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
