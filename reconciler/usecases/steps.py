"""Applying as a step machine: a state and an answer in, the next state and requests out.

Pure, so that every point at which a run can be interrupted can be listed and tried:

    TakeLease → PlanAgain → CarryOut … (several groups side by side) → GiveBack → PlanFinally

Groups are carried out stage by stage: the settings, services that open, customers, services that
close. A group that waits for one that was not applied is held back before it is sent.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import Enum, auto
from types import MappingProxyType
from typing import Final, TypeAlias, assert_never

from reconciler.model.changes import Kind
from reconciler.model.errors import ReconcilerError
from reconciler.model.outcome import Fate, GroupOutcome, Outcome
from reconciler.model.plan import Group, Permissions, Plan, RunScope, Scope
from reconciler.model.rules import RuleId
from reconciler.planning import narrow_plan

SETTINGS: Final = "settings"


@dataclass(frozen=True, slots=True)
class TakeLease:
    """All of these scopes, or none."""

    scopes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PlanAgain:
    """The plan once more, now that nobody else writes to these customers."""


@dataclass(frozen=True, slots=True)
class CarryOut:
    """A group of the plan, by its place in it."""

    group: int


@dataclass(frozen=True, slots=True)
class GiveBack:
    """The lease."""


@dataclass(frozen=True, slots=True)
class PlanFinally:
    """The plan at the end: what is left."""


Request: TypeAlias = TakeLease | PlanAgain | CarryOut | GiveBack | PlanFinally


@dataclass(frozen=True, slots=True)
class Done:
    """The lease was taken or given back."""


@dataclass(frozen=True, slots=True)
class Planned:
    """A plan was made."""

    plan: Plan


@dataclass(frozen=True, slots=True)
class Met:
    """A group met its fate; `stop` when no other group can fare better."""

    fate: Fate
    detail: str = ""
    revision: int | None = None
    stop: bool = False


@dataclass(frozen=True, slots=True)
class Failed:
    """A request that is no batch failed."""

    error: ReconcilerError


Answer: TypeAlias = Done | Planned | Met | Failed


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
    """The state of a run. `waiting`: the groups not begun yet, in the plan's order."""

    scope: RunScope
    phase: Phase
    groups: tuple[Group, ...]
    parallelism: int = 4
    scopes: frozenset[str] = frozenset()
    fates: Mapping[int, GroupOutcome] = field(default_factory=lambda: MappingProxyType({}))
    waiting: tuple[int, ...] = ()
    running: frozenset[int] = frozenset()
    stopped: bool = False
    signal: int | None = None
    failure: ReconcilerError | None = None
    left: Plan | None = None

    def outcome(self, run: str) -> Outcome:
        """The outcome of the run, in the order of the plan."""
        missing = GroupOutcome
        groups = tuple(
            self.fates.get(index) or missing(group, Fate.NOT_TRIED, "the run ended before")
            for index, group in enumerate(self.groups)
        )
        return Outcome(run, groups, self.left, self.signal)


Step: TypeAlias = tuple[State, tuple[Request, ...]]


def begin(plan: Plan, scope: RunScope, parallelism: int = 4) -> Step:
    """The first step: a lease on all that may be carried out, or nothing at all."""
    state = State(scope, Phase.LEASING, selected(plan), parallelism)
    state = _judged(state, frozenset().union(*(scopes_of(group) for group in state.groups)))
    scopes_by_group = [scopes_of(group) for index, group in enumerate(state.groups) if index not in state.fates]
    if not scopes_by_group:
        return replace(state, phase=Phase.OVER, left=narrow_plan(plan, scope)), ()
    scopes = frozenset().union(*scopes_by_group)
    return replace(state, fates=MappingProxyType({}), scopes=scopes), (TakeLease(tuple(sorted(scopes))),)


def answered(state: State, request: Request, answer: Answer) -> Step:
    """The next step after an answer to a request."""
    match request:
        case TakeLease():
            if isinstance(answer, Failed):
                return replace(state, phase=Phase.OVER, failure=answer.error), ()
            if state.signal is not None:
                return _give_back(state)
            return replace(state, phase=Phase.PLANNING), (PlanAgain(),)
        case PlanAgain():
            if isinstance(answer, Planned) and state.signal is None:
                again = replace(state, phase=Phase.WRITING, groups=selected(answer.plan))
                return _go_on(_judged(again, state.scopes))
            failure = answer.error if isinstance(answer, Failed) else None
            return _give_back(replace(state, failure=failure))
        case CarryOut(group):
            return _go_on(_met(state, group, answer))
        case GiveBack():
            if state.signal is not None or state.failure is not None:
                return replace(state, phase=Phase.OVER), ()
            return replace(state, phase=Phase.LOOKING_BACK), (PlanFinally(),)
        case PlanFinally():
            left = answer.plan if isinstance(answer, Planned) else None
            return replace(state, phase=Phase.OVER, left=left and narrow_plan(left, state.scope)), ()
    assert_never(request)


def interrupted(state: State, signal: int) -> State:
    """A signal came: nothing new is begun; what is under way may still answer."""
    return replace(state, signal=signal, stopped=True)


def _met(state: State, index: int, answer: Answer) -> State:
    met = answer if isinstance(answer, Met) else Met(Fate.UNKNOWN, "no answer came")
    outcome = GroupOutcome(state.groups[index], met.fate, met.detail, met.revision)
    state = replace(
        state, fates=MappingProxyType({**state.fates, index: outcome}), running=state.running - {index},
        stopped=state.stopped or met.stop,
    )  # fmt: skip
    return state if met.fate is Fate.APPLIED else _without_dependents(state, {outcome.group.name})


def _go_on(state: State) -> Step:
    """Begin as many groups as may run side by side; give the lease back when none is left."""
    now = () if state.stopped else _next(state)
    if not now and not state.running:
        return _give_back(state)
    state = replace(state, running=state.running | set(now), waiting=state.waiting[len(now) :])
    return state, tuple(CarryOut(index) for index in now)


def _next(state: State) -> tuple[int, ...]:
    """The first waiting groups for which there is room, as far as they are of the earliest stage not over."""
    room = max(0, state.parallelism - len(state.running))
    first = state.waiting[:room]
    stage = min((state.groups[index].stage for index in (*state.running, *first)), default=None)
    return tuple(index for index in first if state.groups[index].stage is stage)


def _without_dependents(state: State, missing: set[str]) -> State:
    """Groups that wait for a missing one are held back, and those that wait for these."""
    lost = {i for i in state.waiting if not missing.isdisjoint(state.groups[i].waits_for)}
    if not lost:
        return state
    fates = dict(state.fates)
    for index in lost:
        group = state.groups[index]
        reason = f"waits for {min(missing & set(group.waits_for))}, which was not applied"
        fates[index] = GroupOutcome(group, Fate.HELD_BACK, reason)
    waiting = tuple(index for index in state.waiting if index not in lost)
    names = {state.groups[index].name for index in lost}
    return _without_dependents(replace(state, fates=MappingProxyType(fates), waiting=waiting), missing | names)


def _give_back(state: State) -> Step:
    return replace(state, phase=Phase.RETURNING), (GiveBack(),)


def _judged(state: State, scopes: frozenset[str]) -> State:
    """The fates of groups that may not be carried out."""
    forbidden = {index: _forbidden(group, scopes) for index, group in enumerate(state.groups)}
    fates = {
        index: GroupOutcome(state.groups[index], *reason) for index, reason in forbidden.items() if reason is not None
    }
    waiting = tuple(index for index, reason in forbidden.items() if reason is None)
    missing = {state.groups[index].name for index in fates}
    return _without_dependents(replace(state, fates=MappingProxyType(fates), waiting=waiting), missing)


def _forbidden(group: Group, scopes: frozenset[str]) -> tuple[Fate, str] | None:
    if group.held_back:
        fate = Fate.STALE if set(group.held_back) == {RuleId.NOT_REVIEWED} else Fate.HELD_BACK
        return fate, ", ".join(group.held_back)
    if not scopes_of(group) <= scopes:
        return Fate.STALE, "came up after the lease was taken"
    return None


def scopes_of(group: Group) -> frozenset[str]:
    """The scopes that a lease must cover for a group: its customers by their keys before and after, or the settings."""
    if not group.customers:
        return frozenset({SETTINGS})
    former = {c.previous_key for c in group.changes if c.kind is Kind.RENAME_CUSTOMER and c.previous_key}
    return frozenset(f"customer:{key}" for key in former | set(group.customers))


def selected(plan: Plan) -> tuple[Group, ...]:
    """The groups of the plan that this run is about."""
    return tuple(group for group in plan.groups if not group.outside)


def looked_back(plan: Plan, permissions: Permissions) -> Plan:
    """The plan at the end of a run that was allowed to go beyond the limits of a whole plan.

    The permission was for what is carried out now; what is left (of other shards, of customers that the
    run was not about) is not measured against it once more.
    """
    lifted = {
        *([RuleId.TOO_MANY_REMOVALS] if permissions.allow_removals is not None else []),
        *([RuleId.TOO_MANY_MAILS] if permissions.allow_mails is not None else []),
    }
    kept = tuple(r for r in plan.refusals if r.scope is not Scope.PLAN or r.rule not in lifted)
    still = {(r.customer, r.rule) for r in kept}
    groups = tuple(
        replace(group, held_back=tuple(
            rule for rule in group.held_back
            if rule not in lifted or any((customer, rule) in still for customer in group.customers)
        ))
        for group in plan.groups
    )  # fmt: skip
    return replace(plan, groups=groups, refusals=kept)
