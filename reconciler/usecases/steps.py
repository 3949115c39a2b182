"""Applying as a step machine: a state and an answer in, the next state and requests out.

Pure, so that every point at which a run can be interrupted can be listed and tried:

    TakeLease → PlanAgain → CarryOut … (several groups side by side) → GiveBack → PlanFinally

Settings and services are carried out before the customers, services that go after them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import Enum, auto
from types import MappingProxyType
from typing import Final, TypeAlias, assert_never

from reconciler.model.changes import Kind
from reconciler.model.errors import ReconcilerError
from reconciler.model.outcome import Fate, GroupOutcome, Outcome
from reconciler.model.plan import Group, Permissions, Plan, Scope

SETTINGS: Final = "settings"
LIMITS: Final = frozenset({"too-many-removals", "too-many-mails"})


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
    """Where a run stands."""

    LEASING = auto()
    PLANNING = auto()
    WRITING = auto()
    RETURNING = auto()
    LOOKING_BACK = auto()
    OVER = auto()


@dataclass(frozen=True, slots=True)
class Terms:
    """Under which terms a run may write.

    `seen`: ids of the changes that the caller saw and agreed to. `reviewed`: ids in reviewed plans,
    None when no review is asked for. `customers`, `shard`: what the run is limited to.
    """

    seen: frozenset[str]
    reviewed: frozenset[str] | None = None
    customers: frozenset[str] = frozenset()
    shard: tuple[int, int] | None = None
    parallelism: int = 4


@dataclass(frozen=True, slots=True)
class State:
    """Everything that a run knows. `waiting`: the groups not begun yet, in the plan's order."""

    terms: Terms
    phase: Phase
    groups: tuple[Group, ...]
    scopes: frozenset[str] = frozenset()
    fates: Mapping[int, GroupOutcome] = field(default_factory=lambda: MappingProxyType({}))
    waiting: tuple[int, ...] = ()
    running: frozenset[int] = frozenset()
    stopped: bool = False
    signal: int | None = None
    failure: ReconcilerError | None = None
    left: Plan | None = None

    def outcome(self, run: str) -> Outcome:
        """What came of the run, in the order of the plan."""
        missing = GroupOutcome
        groups = tuple(
            self.fates.get(index) or missing(group, Fate.NOT_TRIED, "the run ended before")
            for index, group in enumerate(self.groups)
        )
        return Outcome(run, groups, self.left, self.signal)


Step: TypeAlias = tuple[State, tuple[Request, ...]]


def begin(plan: Plan, terms: Terms) -> Step:
    """The first step: a lease on all that may be carried out, or nothing at all."""
    state = State(terms, Phase.LEASING, selected(plan, terms))
    state = _judged(state, plan, frozenset().union(*(scopes_of(group) for group in state.groups)))
    wanted = [scopes_of(group) for index, group in enumerate(state.groups) if index not in state.fates]
    if not wanted:
        return replace(state, phase=Phase.OVER, left=narrowed(plan, terms)), ()
    scopes = frozenset().union(*wanted)
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
                again = replace(state, phase=Phase.WRITING, groups=selected(answer.plan, state.terms))
                return _go_on(_without_services(_judged(again, answer.plan, state.scopes)))
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
            return replace(state, phase=Phase.OVER, left=left and narrowed(left, state.terms)), ()
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
    return state if met.fate is Fate.APPLIED else _without_services(state)


def _go_on(state: State) -> Step:
    """Begin as many groups as may run side by side; give the lease back when none is left."""
    now = () if state.stopped else _next(state)
    if not now and not state.running:
        return _give_back(state)
    state = replace(state, running=state.running | set(now), waiting=state.waiting[len(now) :])
    return state, tuple(CarryOut(index) for index in now)


def _next(state: State) -> tuple[int, ...]:
    """The first waiting groups for which there is room, as far as they are of the earliest stage not over."""
    room = max(0, state.terms.parallelism - len(state.running))
    first = state.waiting[:room]
    stage = min((_stage(state, index) for index in (*state.running, *first)), default=0)
    return tuple(index for index in first if _stage(state, index) == stage)


def _stage(state: State, index: int) -> int:
    if state.groups[index].customers:
        return 1
    return 0 if all(not group.customers for group in state.groups[:index]) else 2


def _without_services(state: State) -> State:
    """Customers that need a service which could not be created are held back."""
    unmade = _new_services(each.group for each in state.fates.values() if each.fate is not Fate.APPLIED)
    if not unmade:
        return state
    lost = {index: unmade & _named(state.groups[index]) for index in state.waiting}
    fates = {
        index: GroupOutcome(state.groups[index], Fate.HELD_BACK, f"service {min(services)} could not be created")
        for index, services in lost.items()
        if services
    }
    left = tuple(index for index in state.waiting if index not in fates)
    return replace(state, fates=MappingProxyType({**state.fates, **fates}), waiting=left)


def _new_services(groups: Iterable[Group]) -> frozenset[str]:
    """The services that groups create."""
    return frozenset(
        c.service for group in groups for c in group.changes if c.kind is Kind.CREATE_SERVICE and c.service
    )


def _named(group: Group) -> frozenset[str]:
    """Everything that the sets of a group's fields name, services among it."""
    return frozenset(
        item for c in group.changes for field in c.fields if isinstance(field.after, tuple) for item in field.after
    )


def _give_back(state: State) -> Step:
    return replace(state, phase=Phase.RETURNING), (GiveBack(),)


def _judged(state: State, plan: Plan, scopes: frozenset[str]) -> State:
    """The fates of groups that may not be carried out."""
    elsewhere = _new_services(group for group in plan.groups if not concerns(group, state.terms))
    fates = {}
    for index, group in enumerate(state.groups):
        judged = _forbidden(group, state.terms, scopes)
        if not judged and (lost := elsewhere & _named(group)):
            judged = Fate.HELD_BACK, f"service {min(lost)} comes with another part of the plan: apply that first"
        if judged:
            fates[index] = GroupOutcome(group, *judged)
    waiting = tuple(index for index in range(len(state.groups)) if index not in fates)
    return replace(state, fates=MappingProxyType(fates), waiting=waiting)


def _forbidden(group: Group, terms: Terms, scopes: frozenset[str]) -> tuple[Fate, str] | None:
    ids = {change.id for change in group.changes if change.kind is not Kind.RECORD}
    if group.held_back:
        return Fate.HELD_BACK, ", ".join(group.held_back)
    if terms.reviewed is not None and (fresh := ids - terms.reviewed):
        return Fate.STALE, f"{len(fresh)} of {len(ids)} changes are in no reviewed plan"
    if fresh := ids - terms.seen:
        return Fate.STALE, f"{len(fresh)} of {len(ids)} changes came up after the plan was shown"
    if not scopes_of(group) <= scopes:
        return Fate.STALE, "came up after the lease was taken"
    return None


def scopes_of(group: Group) -> frozenset[str]:
    """What a lease must cover for a group: its customers by their keys before and after, or the settings."""
    if not group.customers:
        return frozenset({SETTINGS})
    former = {c.previous_key for c in group.changes if c.kind is Kind.RENAME_CUSTOMER and c.previous_key}
    return frozenset(f"customer:{key}" for key in former | set(group.customers))


def selected(plan: Plan, terms: Terms) -> tuple[Group, ...]:
    """The groups of the plan that this run is about."""
    return tuple(group for group in plan.groups if concerns(group, terms))


def concerns(group: Group, terms: Terms) -> bool:
    """Whether a group is of the customers and of the shard that the run is limited to."""
    if terms.customers and not terms.customers & set(group.customers):
        return False
    return terms.shard is None or shard_of(group, terms.shard[1]) == terms.shard[0]


def shard_of(group: Group, shards: int) -> int:
    """The shard, from 1, by the first 8 bytes of the SHA-256 of the smallest customer key."""
    key = min(group.customers, default="")
    return int.from_bytes(hashlib.sha256(key.encode()).digest()[:8], "big") % shards + 1


def narrowed(plan: Plan, terms: Terms) -> Plan:
    """The plan with only the groups and refusals that the run is about."""
    if not terms.customers and terms.shard is None:
        return plan
    groups = selected(plan, terms)
    customers = {customer for group in groups for customer in group.customers} | terms.customers
    refusals = tuple(r for r in plan.refusals if r.customer is None or r.customer in customers)
    edits = tuple(edit for edit in plan.portal_edits if edit.customer in customers)
    return replace(plan, groups=groups, refusals=refusals, portal_edits=edits)


def looked_back(plan: Plan, permissions: Permissions) -> Plan:
    """The plan at the end of a run that was allowed to go beyond the limits of a whole plan.

    The permission was for what is carried out now; what is left (of other shards, of customers that the
    run was not about) is not measured against it once more.
    """
    if permissions.allow_removals is None and permissions.allow_mails is None:
        return plan
    kept = tuple(r for r in plan.refusals if r.scope is not Scope.PLAN or r.rule not in LIMITS)
    still = {(r.customer, r.rule) for r in kept}
    groups = tuple(
        replace(group, held_back=tuple(
            rule for rule in group.held_back
            if rule not in LIMITS or any((customer, rule) in still for customer in group.customers)
        ))
        for group in plan.groups
    )  # fmt: skip
    return replace(plan, groups=groups, refusals=kept)
