"""A pull request's own part of a plan: what its files add to what was pending before."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from reconciler.model.changes import Change
from reconciler.model.desired import DesiredState
from reconciler.model.live import LiveState
from reconciler.model.plan import Facts, Permissions, Plan, Refusal, Scope
from reconciler.planning.holding import hold_back
from reconciler.planning.index import Index
from reconciler.planning.planner import make_plan
from reconciler.planning.safeguards import judge_whole


def make_plan_since(before: DesiredState, desired: DesiredState, live: LiveState, facts: Facts) -> Plan:
    """The plan of `desired` without the changes, refusals and warnings that `before` has as well.

    A whole-plan refusal that was there before is not this pull request's, although its numbers grow; one
    that it brings is, and one that its own changes would bring alone.
    """
    earlier = make_plan(before, live, replace(facts, permissions=Permissions()))
    now = make_plan(desired, live, facts)
    known = {change.id for change in earlier.changes}
    told = {(r.rule, r.customer, r.contact, r.message) for r in earlier.refusals}
    warned = set(earlier.warnings)
    edits, announced = set(earlier.portal_edits), set(earlier.coming)
    others = _whole(earlier.refusals) - _whole(_alone([c for c in now.changes if c.id not in known], desired, live))
    fresh = tuple(
        refusal
        for refusal in now.refusals
        if (refusal.rule, refusal.customer, refusal.contact, refusal.message) not in told
        and not (refusal.scope is Scope.PLAN and refusal.rule in others)
    )
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
        coming=tuple(departure for departure in now.coming if departure not in announced),
        earlier=folded,
    )


def _alone(changes: list[Change], desired: DesiredState, live: LiveState) -> list[Refusal]:
    """What refuses these changes as if nothing else were pending."""
    return judge_whole(changes, desired, Index(live, desired.owner), Facts())


def _whole(refusals: Iterable[Refusal]) -> set[str]:
    return {refusal.rule for refusal in refusals if refusal.scope is Scope.PLAN}
