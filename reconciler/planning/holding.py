"""What is held back: the groups with the rules that stop each, and those that wait for another group.

Comes after all refusals are known; a group that is held back is shown, and not carried out.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace

from reconciler.model.changes import Change, Kind
from reconciler.model.live import LiveState
from reconciler.model.plan import Group, Refusal, Scope
from reconciler.planning.services import users_after

WAITS = "waits-for-service"
IN_USE = "service-in-use"


def hold_back(groups: list[Group], refusals: list[Refusal], live: LiveState) -> tuple[Group, ...]:
    """The groups, each with the rules that hold it back.

    A refusal of the whole plan holds all; one of a customer its group; one without customer the
    settings and services. Whoever names a service that is not created waits, and a service is not
    removed while somebody who was to let go of it is held back.
    """
    whole = {refusal.rule for refusal in refusals if refusal.scope is Scope.PLAN}
    by_customer: dict[str | None, set[str]] = defaultdict(set)
    for refusal in refusals:
        if refusal.scope is Scope.CUSTOMER:
            by_customer[refusal.customer].add(refusal.rule)
    held = [_with_rules(group, whole | _rules_of(group, by_customer)) for group in groups]
    return tuple(_leavers_wait(_users_wait(held), live))


def _rules_of(group: Group, by_customer: dict[str | None, set[str]]) -> set[str]:
    if group.customers:
        return set().union(*(by_customer[customer] for customer in group.customers))
    removes = any(change.kind is Kind.REMOVE_SERVICE for change in group.changes)
    return by_customer[None] if removes else by_customer[None] - {IN_USE}


def _with_rules(group: Group, rules: set[str]) -> Group:
    return replace(group, held_back=tuple(sorted(rules)))


def _users_wait(groups: list[Group]) -> list[Group]:
    """Customers that need a service which is held back wait for it."""
    missing = {c.service for g in groups if g.held_back for c in g.changes if c.kind is Kind.CREATE_SERVICE}
    if not missing:
        return groups
    return [
        _with_rules(group, {*group.held_back, WAITS}) if any(missing & _named(c) for c in group.changes) else group
        for group in groups
    ]


def _named(change: Change) -> set[str]:
    found = (field.after for field in change.fields if field.name == "services")
    return set().union(*(value for value in found if isinstance(value, tuple)))


def _leavers_wait(groups: list[Group], live: LiveState) -> list[Group]:
    """A service stays while somebody uses it who was to let go of it and is held back."""
    going = {c.service: c for g in groups for c in g.changes if c.kind is Kind.REMOVE_SERVICE}
    if not going:
        return groups
    ready = [change for group in groups if not group.held_back for change in group.changes]
    used = {key for key in going if key and users_after(key, ready, live)}
    return [
        _with_rules(group, {*group.held_back, WAITS})
        if not group.held_back and any(c.service in used for c in group.changes if c.kind is Kind.REMOVE_SERVICE)
        else group
        for group in groups
    ]
