"""The groups that are held back, and why: rounds of judging until nothing is added.

Each round judges all groups against the same projection and adds every refusal and dependency at
once. A group that is held back is never released in the same plan, so no order matters.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from reconciler.model.plan import Group, Refusal, Scope, Stage
from reconciler.model.rules import RuleId
from reconciler.planning.group_dependencies import Waits
from reconciler.planning.plan_items import refuse_group
from reconciler.planning.projection import Carried

Judge = Callable[[Carried], Iterable[Refusal]]


@dataclass(frozen=True, slots=True)
class Held:
    """The rules that hold back each group, by name, and every refusal behind them."""

    rules: Mapping[str, frozenset[str]]
    refusals: tuple[Refusal, ...]


def hold_back(groups: Iterable[Group], refusals: Iterable[Refusal], waits: Waits, judge: Judge, out: Carried) -> Held:
    """The groups that are held back. `out`: groups that are not carried out for another reason."""
    groups = list(groups)
    known = dict.fromkeys(refusals)
    while True:
        held = rules_by_group(groups, known)
        carried = frozenset(group.name for group in groups) - set(held) - out
        added = [refusal for refusal in (*judge(carried), *_waiting(groups, waits, carried)) if refusal not in known]
        if not added:
            return Held({name: frozenset(rules) for name, rules in held.items()}, tuple(known))
        known.update(dict.fromkeys(added))


def rules_by_group(groups: Iterable[Group], refusals: Iterable[Refusal]) -> dict[str, set[str]]:
    """The rules of the refusals that name a group, by group name."""
    held: dict[str, set[str]] = defaultdict(set)
    by_subject: dict[Subject, set[str]] = defaultdict(set)
    for refusal in refusals:
        if refusal.scope is Scope.CUSTOMER:
            by_subject[refusal.customer, refusal.service, refusal.stage].add(refusal.rule)
    for group in groups:
        for subject in _subjects(group):
            held[group.name] |= by_subject[subject]
    return {name: rules for name, rules in held.items() if rules}


Subject: TypeAlias = tuple[str | None, str | None, Stage | None]
"""The subject of a refusal: a customer, a service, and one of its two groups."""


def _subjects(group: Group) -> Iterator[Subject]:
    """The subjects by which refusals name this group."""
    if group.stage is Stage.CUSTOMERS:
        yield from ((customer, None, None) for customer in group.customers)
    else:
        yield None, group.service, None
        yield None, group.service, group.stage


def _waiting(groups: list[Group], waits: Waits, carried: Carried) -> Iterator[Refusal]:
    """Refusals of groups that wait for a group that is not carried out."""
    by_name = {group.name: group for group in groups}
    for group in groups:
        for name, rule in sorted(waits.get(group.name, {}).items()):
            if group.name in carried and name not in carried:
                yield _wait(group, by_name[name], rule)


def _wait(group: Group, other: Group, rule: RuleId) -> Refusal:
    awaited = title(other)
    first = rule is RuleId.WAITS_FOR_SERVICE
    why = "it must be carried out first" if first else "without it, people would lose a service"
    message = f"{title(group)} waits for {awaited}: {why}"
    hint = f"solve what holds back {awaited}, or apply it first"
    return refuse_group(group, rule, message, hint)


def title(group: Group) -> str:
    """The group as people call it."""
    match group.stage:
        case Stage.SETTINGS:
            return "the settings"
        case Stage.CUSTOMERS:
            return ", ".join(group.customers)
        case Stage.OPENING | Stage.CLOSING:
            return f"service {group.service}"
