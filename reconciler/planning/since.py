"""A pull request's own part of a plan: what its files add to what was pending before."""

from __future__ import annotations

from dataclasses import replace
from typing import TypeAlias

from reconciler.model.desired import DesiredState
from reconciler.model.live import LiveState
from reconciler.model.plan import Facts, Group, Permissions, PersonOutcome, Plan, Refusal, Scope
from reconciler.planning.holding import rules_by_group
from reconciler.planning.index import Index
from reconciler.planning.limits import Cost, judge_limits
from reconciler.planning.planner import make_plan

Moved: TypeAlias = frozenset[tuple[str, str]]
"""(person, right) pairs."""


def make_plan_since(before: DesiredState, desired: DesiredState, live: LiveState, facts: Facts) -> Plan:
    """Return the plan of `desired` without the changes, refusals and outcomes that `before` has as well.

    A limit that was exceeded before counts as this pull request's only when its own changes alone
    exceed it.
    """
    earlier = make_plan(before, live, replace(facts, permissions=Permissions()))
    now = make_plan(desired, live, facts)
    refusals = _fresh_refusals(earlier, now, _alone(earlier, now, desired, live))
    rules = rules_by_group(now.groups, refusals)
    whole = {refusal.rule for refusal in refusals if refusal.scope is Scope.PLAN}
    known = {change.id for change in earlier.changes}
    lost, gained = earlier.losses, _gained(earlier)
    groups = tuple(
        replace(
            group,
            changes=changes,
            held_back=tuple(sorted(whole | rules.get(group.name, set()))),
            outcomes=tuple(_fresh_outcomes(group, lost, gained)),
        )
        for group in now.groups
        if (changes := tuple(change for change in group.changes if change.id not in known))
    )
    shown = sum(len(group.changes) for group in groups)
    folded = len(now.changes) - shown + len(now.refusals) - len(refusals)
    warnings, edits, coming = set(earlier.warnings), set(earlier.portal_edits), set(earlier.coming)
    return replace(
        now,
        groups=groups,
        refusals=tuple(r for r in refusals if r.scope is not Scope.PLAN or groups),
        warnings=tuple(warning for warning in now.warnings if warning not in warnings),
        portal_edits=tuple(edit for edit in now.portal_edits if edit not in edits),
        unmanaged=(),
        coming=tuple(departure for departure in now.coming if departure not in coming),
        counted=now.counted - earlier.counted,
        earlier=folded,
    )


def _alone(earlier: Plan, now: Plan, desired: DesiredState, live: LiveState) -> set[str]:
    """The limits that the pull request's own changes exceed as if nothing else were pending."""
    known = {change.id for change in earlier.changes}
    changes = tuple(change for change in now.changes if change.id not in known)
    index = Index(live, desired.owner)
    people = now.counted - earlier.counted
    cost = Cost(people, index.population, now.losses - earlier.losses, changes)
    return {refusal.rule for refusal in judge_limits(cost, desired.policy, index.policy, Facts())}


def _fresh_refusals(earlier: Plan, now: Plan, alone: set[str]) -> tuple[Refusal, ...]:
    pending = {(r.rule, r.customer, r.contact, r.service, r.message) for r in earlier.refusals}
    whole = {r.rule for r in earlier.refusals if r.scope is Scope.PLAN} - alone
    return tuple(
        r
        for r in now.refusals
        if (r.rule, r.customer, r.contact, r.service, r.message) not in pending
        and not (r.scope is Scope.PLAN and r.rule in whole)
    )


def _gained(plan: Plan) -> Moved:
    outcomes = (outcome for group in plan.groups for outcome in group.outcomes)
    return frozenset((outcome.person, right) for outcome in outcomes for right in outcome.gains)


def _fresh_outcomes(group: Group, lost: Moved, gained: Moved) -> list[PersonOutcome]:
    fresh = (
        PersonOutcome(
            outcome.person,
            tuple(right for right in outcome.loses if (outcome.person, right) not in lost),
            tuple(right for right in outcome.gains if (outcome.person, right) not in gained),
        )
        for outcome in group.outcomes
    )
    return [outcome for outcome in fresh if outcome.loses or outcome.gains]
