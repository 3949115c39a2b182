"""The numbers with which a caller lifts the limits of a whole plan, before and after a run."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from reconciler.model.plan import Group, Permissions, Plan
from reconciler.model.rules import RuleId
from reconciler.planning.limits import mails_of


def exact_permissions(plan: Plan) -> Permissions:
    """Return the numbers that a caller must pass to allow everything that the plan costs."""
    return Permissions(len(plan.affected_people), mails_of(plan.changes))


def permissions_left(groups: Iterable[Group], permissions: Permissions) -> Permissions:
    """Return the numbers for these groups of a plan, where the caller passed a number."""
    groups = tuple(groups)
    people = {
        loss.person
        for group in groups
        for person in group.outcomes
        for loss in person.losses
    }
    mails = mails_of(change for group in groups for change in group.changes)
    return Permissions(
        (len(people) or None) if permissions.allow_removals is not None else None,
        (mails or None) if permissions.allow_mails is not None else None,
    )


def with_permitted_refusals_removed(plan: Plan, permissions: Permissions) -> Plan:
    """Return the final plan of a run that was permitted to exceed the limits of a whole plan.

    The permission applied to what this run carried out. What is left (of other shards, of customers
    outside the run's scope) is not measured against it again, so the plan holds no number.
    """
    lifted = {
        *([RuleId.TOO_MANY_REMOVALS] if permissions.allow_removals is not None else []),
        *([RuleId.TOO_MANY_MAILS] if permissions.allow_mails is not None else []),
    }
    groups = tuple(
        replace(
            group, held_back=tuple(rule for rule in group.held_back if rule not in lifted)
        )
        for group in plan.groups
    )
    return replace(
        plan,
        groups=groups,
        # A number exempts from the customers' limits, so these are all of the whole plan.
        refusals=tuple(refusal for refusal in plan.refusals if refusal.rule not in lifted),
        permissions=Permissions(allow_rollback=permissions.allow_rollback),
    )
