"""The groups that are held back, and why: rounds of evaluation until nothing is added.

Each round evaluates all groups against the same projection and adds every refusal and dependency at
once. A group that is held back is never released in the same plan, so the order does not matter.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final, TypeAlias

from reconciler.model.plan import Group, Refusal, Scope, Stage
from reconciler.model.rules import RuleId
from reconciler.model.sentences import Listing, Sentence, sentence
from reconciler.planning.group_dependencies import Dependencies
from reconciler.planning.plan_items import refuse_group, subject_noun
from reconciler.planning.projection import GroupNames

FindRefusals = Callable[[GroupNames], Iterable[Refusal]]


@dataclass(frozen=True, slots=True)
class Blocking:
    """The rules that hold back each group, by group name, and every refusal behind them."""

    rules: Mapping[str, frozenset[str]]
    refusals: tuple[Refusal, ...]


def find_blocking(
    groups: Iterable[Group],
    refusals: Iterable[Refusal],
    group_dependencies: Dependencies,
    outcome_refusals: FindRefusals,
    excluded: Mapping[str, Sentence],
) -> Blocking:
    """Return the groups that are held back. `excluded`: groups outside of this run, each with what
    to do for those that wait for it.
    """
    groups = list(groups)
    # A dict as an ordered set: each refusal once, in the order in which the rounds add
    # them.
    all_refusals = dict.fromkeys(refusals)
    while True:
        rules = rules_by_group(groups, all_refusals)
        applied_groups = (
            frozenset(group.name for group in groups) - set(rules) - set(excluded)
        )
        new_refusals = [
            refusal
            for refusal in (
                *outcome_refusals(applied_groups),
                *_dependency_refusals(groups, group_dependencies, applied_groups, excluded),
            )
            if refusal not in all_refusals
        ]
        # The loop ends: each round adds a refusal, and there are finitely many of them.
        if not new_refusals:
            return Blocking(
                {name: frozenset(group_rules) for name, group_rules in rules.items()},
                tuple(all_refusals),
            )
        all_refusals.update(dict.fromkeys(new_refusals))


def rules_by_group(
    groups: Iterable[Group], refusals: Iterable[Refusal]
) -> dict[str, set[str]]:
    """Return the rules of the refusals that name a group, by group name."""
    rules_by_name: dict[str, set[str]] = defaultdict(set)
    by_subject: dict[RefusalSubject, set[str]] = defaultdict(set)
    for refusal in refusals:
        if refusal.scope is Scope.CUSTOMER:
            by_subject[refusal.customer, refusal.service, refusal.stage].add(refusal.rule)
    for group in groups:
        for subject in _subjects(group):
            rules_by_name[group.name] |= by_subject[subject]
    return {name: rules for name, rules in rules_by_name.items() if rules}


# The subject of a refusal: a customer, a service, and one of its two groups.
RefusalSubject: TypeAlias = tuple[str | None, str | None, Stage | None]


def _subjects(group: Group) -> Iterator[RefusalSubject]:
    """Yield the subjects by which refusals name this group."""
    if group.stage is Stage.CUSTOMERS:
        yield from ((customer, None, None) for customer in group.customers)
    else:
        # A refusal without a stage concerns both groups of the service.
        yield None, group.service, None
        yield None, group.service, group.stage


def _dependency_refusals(
    groups: list[Group],
    group_dependencies: Dependencies,
    applied_groups: GroupNames,
    excluded: Mapping[str, Sentence],
) -> Iterator[Refusal]:
    """Yield the refusals of groups that depend on a group that is not applied."""
    by_name = {group.name: group for group in groups}
    for group in groups:
        for name, rule in sorted(group_dependencies.get(group.name, {}).items()):
            if group.name in applied_groups and name not in applied_groups:
                hint = excluded.get(name, _RESOLVE)
                yield _refuse_waiting(group, by_name[name], rule, hint)


def _refuse_waiting(
    group: Group, dependency: Group, rule: RuleId, hint: Sentence
) -> Refusal:
    dependency_title = group_title(dependency)
    template = _WAITS_FIRST if rule is RuleId.WAITS_FOR_SERVICE else _WAITS_OR_TAKES
    message = template.with_arguments(group=group_title(group), dependency=dependency_title)
    return refuse_group(
        group, rule, message, hint.with_arguments(dependency=dependency_title)
    )


_RESOLVE: Final = sentence(
    "hint", "resolve what holds back {dependency}, or apply it first"
)
_WAITS_FIRST: Final = sentence(
    "refusal", "{group} waits for {dependency}: that must be applied first"
)
_WAITS_OR_TAKES: Final = sentence(
    "refusal", "{group} waits for {dependency}: otherwise people would lose a service"
)


def group_title(group: Group) -> Sentence | Listing:
    """Return the title of the group in messages."""
    match group.stage:
        case Stage.SETTINGS:
            return sentence("subject", "the settings")
        case Stage.CUSTOMERS:
            return Listing(group.customers)
        case Stage.OPENING | Stage.CLOSING:
            return subject_noun(group.service)
