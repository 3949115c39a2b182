"""The course of a case: its plan, and the portal's states between the groups carried out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from reconciler.model.desired import DesiredState
from reconciler.model.live import LiveState
from reconciler.model.plan import Facts, Group, Permissions, Plan, RunScope, Scope
from reconciler.planning import make_plan
from tests.planning.simulated import carry_out
from tests.planning.transaction import BatchRefused
from tests.rights.cases import Case

_COMMIT: Final = "c0ffee"
_TRIES: Final = 3


@dataclass(frozen=True, slots=True)
class Course:
    """`states`: the committed ones, from before the run to its end. `refused`: the portal's reason,
    if it had one.

    The run may be killed at each of the states.
    """

    case: Case
    plan: Plan
    states: tuple[LiveState, ...]
    refused: str | None = None


def plan_within_limits(tree: DesiredState, live: LiveState, scope: Mapping[str, Any] | None = None) -> Plan:
    """The plan of a caller who permits nothing."""
    return make_plan(tree, live, _facts(scope, None))


def plan_exactly(tree: DesiredState, live: LiveState, scope: Mapping[str, Any] | None = None) -> Plan:
    """The plan of a caller who permits the exact number, so that no limit hides the rest."""
    plan = plan_within_limits(tree, live, scope)
    for _ in range(_TRIES):
        plan = make_plan(tree, live, _facts(scope, len(plan.affected_people)))
        if not any(refusal.rule == "too-many-removals" for refusal in plan.refusals):
            break
    return plan


def _facts(scope: Mapping[str, Any] | None, removals: int | None) -> Facts:
    permissions = Permissions(allow_removals=removals)
    return Facts(_COMMIT, frozenset({_COMMIT}), permissions, run=RunScope(**(scope or {})))


def course(case: Case, plan: Plan, order: Iterable[Group] | None = None) -> Course:
    """The plan's ready groups carried out in their order, or in another one."""
    states = [case.live]
    try:
        for group in plan.ready if order is None else order:
            states.append(carry_out(states[-1], group, _COMMIT)[0])
    except BatchRefused as error:
        return Course(case, plan, tuple(states), str(error))
    return Course(case, plan, tuple(states))


def courses(cases: Iterable[Case], *, within_limits: bool = False) -> list[Course]:
    """The courses of some cases; with the exact permission, or with none."""
    make = plan_within_limits if within_limits else plan_exactly
    return [course(one, make(one.after, one.live, one.scope)) for one in cases]


def refused_as_a_whole(plan: Plan) -> bool:
    """Whether a limit of the whole plan stops everything."""
    return any(refusal.scope is Scope.PLAN for refusal in plan.refusals)
