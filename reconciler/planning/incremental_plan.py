"""A pull request's own part of a plan: what its files add to what was pending before."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from reconciler.model.desired import DesiredState
from reconciler.model.live import LiveState
from reconciler.model.plan import Facts, Group, Permissions, PersonOutcome, Plan, Refusal, Scope
from reconciler.planning.blocking import rules_by_group
from reconciler.planning.index import applied_policy
from reconciler.planning.limits import Cost, judge_limits
from reconciler.planning.planner import make_plan


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
    outcomes = _by_person(earlier)
    groups = tuple(
        replace(
            group,
            changes=changes,
            held_back=tuple(sorted(whole | rules.get(group.name, set()))),
            outcomes=tuple(_fresh_outcomes(group, outcomes)),
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
    people = now.counted - earlier.counted
    cost = Cost(people, now.population, now.losses - earlier.losses, changes)
    return {refusal.rule for refusal in judge_limits(cost, desired.policy, applied_policy(live), Facts())}


def _fresh_refusals(earlier: Plan, now: Plan, alone: set[str]) -> tuple[Refusal, ...]:
    pending = {(r.rule, r.customer, r.contact, r.service, r.message) for r in earlier.refusals}
    whole = {r.rule for r in earlier.refusals if r.scope is Scope.PLAN} - alone
    return tuple(
        r
        for r in now.refusals
        if (r.rule, r.customer, r.contact, r.service, r.message) not in pending
        and not (r.scope is Scope.PLAN and r.rule in whole)
    )


def _fresh_outcomes(group: Group, known: Mapping[str, PersonOutcome]) -> Iterator[PersonOutcome]:
    for outcome in group.outcomes:
        earlier = known.get(outcome.person, PersonOutcome(outcome.person))
        fresh = replace(
            outcome,
            loses=tuple(right for right in outcome.loses if right not in earlier.loses),
            gains=tuple(right for right in outcome.gains if right not in earlier.gains),
            leaves=outcome.leaves and not earlier.leaves,
        )
        if fresh.loses or fresh.gains or fresh.leaves:
            yield fresh


def _by_person(plan: Plan) -> dict[str, PersonOutcome]:
    """The outcomes of a plan, each person's in one."""
    people: dict[str, PersonOutcome] = {}
    for outcome in (outcome for group in plan.groups for outcome in group.outcomes):
        known = people.get(outcome.person, PersonOutcome(outcome.person))
        people[outcome.person] = replace(
            outcome,
            loses=(*known.loses, *outcome.loses),
            gains=(*known.gains, *outcome.gains),
            leaves=known.leaves or outcome.leaves,
        )
    return people
