"""A pull request's own part of a plan: what its files add to what was pending before."""

from __future__ import annotations

from dataclasses import replace

from reconciler.model.desired import DesiredState
from reconciler.model.live import LiveState
from reconciler.model.plan import Facts, Permissions, Plan, Scope
from reconciler.planning.holding import hold_back
from reconciler.planning.planner import make_plan


def make_plan_since(before: DesiredState, desired: DesiredState, live: LiveState, facts: Facts) -> Plan:
    """The plan of `desired` without the changes, refusals and warnings that `before` has as well.

    A whole-plan refusal that was there before is not this pull request's; one that it brings is.
    """
    earlier = make_plan(before, live, replace(facts, permissions=Permissions()))
    now = make_plan(desired, live, facts)
    known = {change.id for change in earlier.changes}
    told = {(r.rule, r.customer, r.contact, r.message) for r in earlier.refusals}
    warned = set(earlier.warnings)
    edits = set(earlier.portal_edits)
    fresh = tuple(r for r in now.refusals if (r.rule, r.customer, r.contact, r.message) not in told)
    groups = tuple(
        replace(group, changes=changes)
        for group in hold_back(list(now.groups), list(fresh), live)
        if (changes := tuple(change for change in group.changes if change.id not in known))
    )
    folded = len(now.changes) - sum(len(group.changes) for group in groups) + len(now.refusals) - len(fresh)
    return replace(
        now,
        groups=groups,
        refusals=tuple(r for r in fresh if r.scope is not Scope.PLAN or groups),
        warnings=tuple(warning for warning in now.warnings if warning not in warned),
        portal_edits=tuple(edit for edit in now.portal_edits if edit not in edits),
        unmanaged=(),
        earlier=folded,
    )
