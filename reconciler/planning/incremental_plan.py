"""A pull request's own part of a plan: what its files add to what was pending before."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from reconciler.model.desired import DesiredState
from reconciler.model.live import LiveState
from reconciler.model.plan import (
    Facts,
    Group,
    Permissions,
    PersonOutcome,
    Plan,
    Refusal,
    Scope,
)
from reconciler.planning.blocking import rules_by_group
from reconciler.planning.index import applied_policy
from reconciler.planning.limits import Cost, limit_refusals
from reconciler.planning.planner import make_plan


def make_plan_since(
    before: DesiredState, desired: DesiredState, live: LiveState, facts: Facts
) -> Plan:
    """Return the plan of `desired` without the changes, refusals and outcomes that `before` has as
    well.

    A limit that was exceeded before counts as this pull request's only when its own changes alone
    exceed it.
    """
    # Without permissions: an exact number is for the new plan and would be wrong for this
    # one.
    earlier = make_plan(before, live, replace(facts, permissions=Permissions()))
    now = make_plan(desired, live, facts)
    refusals = _new_refusals(earlier, now, _own_limit_rules(earlier, now, desired, live))
    groups = _own_groups(earlier, now, refusals)
    shown_count = sum(len(group.changes) for group in groups)
    folded = len(now.changes) - shown_count + len(now.refusals) - len(refusals)
    warnings, edits, coming = (
        set(earlier.warnings),
        set(earlier.portal_edits),
        set(earlier.upcoming_departures),
    )
    return replace(
        now,
        groups=groups,
        # A refusal of the whole plan is no news for a pull request that changes nothing.
        refusals=tuple(r for r in refusals if r.scope is not Scope.PLAN or groups),
        warnings=tuple(warning for warning in now.warnings if warning not in warnings),
        notes=tuple(note for note in now.notes if note not in earlier.notes),
        portal_edits=tuple(edit for edit in now.portal_edits if edit not in edits),
        unmanaged=(),
        upcoming_departures=tuple(
            departure for departure in now.upcoming_departures if departure not in coming
        ),
        affected_people=now.affected_people - earlier.affected_people,
        pending_before=folded,
    )


def _own_groups(
    earlier: Plan, now: Plan, refusals: tuple[Refusal, ...]
) -> tuple[Group, ...]:
    """Return the groups with the changes, refusals and outcomes that are new."""
    rules = rules_by_group(now.groups, refusals)
    plan_rules = {refusal.rule for refusal in refusals if refusal.scope is Scope.PLAN}
    earlier_ids = {change.id for change in earlier.changes}
    outcomes = _by_person(earlier)
    return tuple(
        replace(
            group,
            changes=changes,
            held_back=tuple(sorted(plan_rules | rules.get(group.name, set()))),
            outcomes=tuple(_new_outcomes(group, outcomes)),
        )
        for group in now.groups
        if (
            changes := tuple(
                change for change in group.changes if change.id not in earlier_ids
            )
        )
    )


def _own_limit_rules(
    earlier: Plan, now: Plan, desired: DesiredState, live: LiveState
) -> set[str]:
    """Return the limits that the pull request's own changes exceed as if nothing else were
    pending.
    """
    earlier_ids = {change.id for change in earlier.changes}
    changes = tuple(change for change in now.changes if change.id not in earlier_ids)
    people = now.affected_people - earlier.affected_people
    cost = Cost(people, now.population, now.losses - earlier.losses, changes)
    return {
        refusal.rule
        for refusal in limit_refusals(
            cost, desired.policy, applied_policy(live, desired.owner), Facts()
        )
    }


def _new_refusals(
    earlier: Plan, now: Plan, own_limit_rules: set[str]
) -> tuple[Refusal, ...]:
    pending = {
        (r.rule, r.customer, r.contact, r.service, r.message) for r in earlier.refusals
    }
    plan_rules = {
        r.rule for r in earlier.refusals if r.scope is Scope.PLAN
    } - own_limit_rules
    return tuple(
        r
        for r in now.refusals
        if (r.rule, r.customer, r.contact, r.service, r.message) not in pending
        and not (r.scope is Scope.PLAN and r.rule in plan_rules)
    )


def _new_outcomes(
    group: Group, earlier_outcomes: Mapping[str, PersonOutcome]
) -> Iterator[PersonOutcome]:
    for outcome in group.outcomes:
        earlier = earlier_outcomes.get(outcome.person, PersonOutcome(outcome.person))
        new_outcome = replace(
            outcome,
            loses=tuple(right for right in outcome.loses if right not in earlier.loses),
            gains=tuple(right for right in outcome.gains if right not in earlier.gains),
            leaves=outcome.leaves and not earlier.leaves,
        )
        if new_outcome.loses or new_outcome.gains or new_outcome.leaves:
            yield new_outcome


def _by_person(plan: Plan) -> dict[str, PersonOutcome]:
    """Return the outcomes of a plan, merged by person."""
    people: dict[str, PersonOutcome] = {}
    for outcome in (outcome for group in plan.groups for outcome in group.outcomes):
        merged = people.get(outcome.person, PersonOutcome(outcome.person))
        people[outcome.person] = replace(
            outcome,
            loses=(*merged.loses, *outcome.loses),
            gains=(*merged.gains, *outcome.gains),
            leaves=merged.leaves or outcome.leaves,
        )
    return people
