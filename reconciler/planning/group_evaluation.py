"""The groups of a plan, evaluated by their outcomes: which are held back, what each takes and
gives.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Final

from reconciler.model.changes import Change, Kind, ObjectKind
from reconciler.model.desired import DesiredState
from reconciler.model.live import LiveState
from reconciler.model.plan import (
    Expects,
    Facts,
    Group,
    PersonOutcome,
    Refusal,
    Scope,
    Stage,
    Warning,
)
from reconciler.model.sentences import Sentence
from reconciler.planning.blocking import Blocking, find_blocking, rules_by_group
from reconciler.planning.customer_context import CustomerContext, names_at
from reconciler.planning.group_dependencies import Dependencies, group_dependencies
from reconciler.planning.group_projection import project
from reconciler.planning.index import Index
from reconciler.planning.limits import Cost, limit_refusals, policy_in_force
from reconciler.planning.outcome_safeguards import (
    outcome_refusals,
    population,
    warn_of_invited_managers,
)
from reconciler.planning.outcomes import losses_of, outcomes_of
from reconciler.planning.plan_safeguards import refuse_loosened_rules, refuse_tree
from reconciler.planning.projection import Difference, GroupNames, Projection, differences
from reconciler.planning.run_scope import (
    groups_out_of_scope,
    refuse_unreviewed,
    refuse_unreviewed_losses,
)
from reconciler.planning.safeguards import fixed_refusals
from reconciler.planning.situation import Situation


@dataclass(frozen=True, slots=True)
class Evaluation:
    """The evaluated groups with what holds them back. `affected_people`: whom the limits count."""

    groups: tuple[Group, ...]
    refusals: tuple[Refusal, ...]
    warnings: tuple[Warning, ...]
    affected_people: frozenset[str]
    population: int


@dataclass(frozen=True, slots=True)
class Proposal:
    """The changes that the files demand, before any safeguard is evaluated."""

    groups: Sequence[Group]
    refusals: Sequence[Refusal]
    contexts: Sequence[CustomerContext]
    desired: DesiredState
    index: Index


def evaluate_groups(proposal: Proposal, facts: Facts) -> Evaluation:
    """Return the groups with what holds them back.

    Two projections are evaluated: all groups that are not held back, and those that this run
    applies. People of groups that are held back count too, unless they wait for a review.
    """
    groups = proposal.groups
    names = _names(proposal)
    projection = project(groups, proposal.index, names)
    edges = group_dependencies(groups, projection)
    all_names = frozenset(group.name for group in groups)
    unreviewed = list(refuse_unreviewed(groups, facts.run))
    # SPEC part 3: people of groups held back for anything but a missing review count too.
    stale = frozenset(rules_by_group(groups, unreviewed))
    intended = list(differences(projection, all_names - stale))
    affected_count = len(_affected_people(intended))
    situation = _situation(proposal, facts, projection, names, affected_count)
    fixed = [*proposal.refusals, *fixed_refusals(situation), *unreviewed]
    out_of_scope = groups_out_of_scope(groups, facts.run)
    plan_blocking, run_blocking = _blocking(situation, fixed, edges, out_of_scope)
    applied_groups = all_names - set(run_blocking.rules) - set(out_of_scope)
    moved_rights = [
        *intended,
        *differences(projection, all_names - set(plan_blocking.rules)),
        *differences(projection, applied_groups),
    ]
    costs = _cost(groups, moved_rights, situation, stale)
    limits = list(_plan_refusals(proposal, facts, costs))
    refusals = (*limits, *run_blocking.refusals)
    rules = frozenset(r.rule for r in refusals if r.scope is Scope.PLAN)
    outcomes = outcomes_of(projection, applied_groups, all_names)
    verdict = _Verdict(rules, run_blocking, edges, outcomes, frozenset(out_of_scope))
    warnings = warn_of_invited_managers(situation, all_names - set(run_blocking.rules))
    return Evaluation(
        tuple(verdict.on(group, proposal.index.live) for group in groups),
        refusals,
        tuple(warnings),
        costs.people,
        costs.population,
    )


def _blocking(
    situation: Situation,
    fixed: Iterable[Refusal],
    edges: Dependencies,
    out_of_scope: Mapping[str, Sentence],
) -> tuple[Blocking, Blocking]:
    """Return what holds groups back in the whole plan, and in this run."""
    groups = situation.groups
    plan_blocking = find_blocking(
        groups, fixed, edges, partial(outcome_refusals, situation), {}
    )
    # The run starts from the plan's refusals: its scope can hold back more, never less.
    run_blocking = find_blocking(
        groups,
        plan_blocking.refusals,
        edges,
        partial(_run_refusals, situation),
        out_of_scope,
    )
    return plan_blocking, run_blocking


@dataclass(frozen=True, slots=True)
class _Verdict:
    """The result for all groups. `plan_rules`: the rules that hold back the whole plan."""

    plan_rules: frozenset[str]
    blocking: Blocking
    edges: Dependencies
    outcomes: Mapping[str, tuple[PersonOutcome, ...]]
    out_of_scope: GroupNames

    def on(self, group: Group, live: LiveState) -> Group:
        """Return the group with what holds it back, its outcomes and its conditions."""
        rules = self.blocking.rules.get(group.name, frozenset())
        return replace(
            group,
            held_back=tuple(sorted(self.plan_rules | rules)),
            waits_for=tuple(sorted(self.edges.get(group.name, {}))),
            outcomes=self.outcomes.get(group.name, ()),
            expects=_expects(group, live),
            outside=group.name in self.out_of_scope,
        )


def _run_refusals(situation: Situation, applied_groups: GroupNames) -> Iterator[Refusal]:
    """Yield the refusals of a run; unlike a plan, it applies only what was reviewed."""
    groups, projection, run = situation.groups, situation.projection, situation.facts.run
    yield from outcome_refusals(situation, applied_groups)
    yield from refuse_unreviewed_losses(groups, projection, run, applied_groups)


def _names(proposal: Proposal) -> dict[str, str]:
    if not proposal.groups:
        return {}
    return {
        id: name for context in proposal.contexts for id, name in names_at(context).items()
    }


def _situation(
    proposal: Proposal,
    facts: Facts,
    projection: Projection,
    names: Mapping[str, str],
    affected_count: int,
) -> Situation:
    demanded = proposal.desired.policy
    return Situation(
        {context.key: context for context in sorted(proposal.contexts, key=_has_folder)},
        tuple(proposal.groups),
        projection,
        proposal.index,
        policy_in_force(demanded, proposal.index.policy),
        demanded,
        facts,
        names,
        affected_count,
    )


def _plan_refusals(proposal: Proposal, facts: Facts, costs: Cost) -> Iterator[Refusal]:
    """Yield the refusals of the whole plan."""
    yield from refuse_tree(proposal.desired, proposal.index)
    yield from refuse_loosened_rules(facts, proposal.index)
    yield from limit_refusals(costs, proposal.desired.policy, proposal.index.policy, facts)


def _has_folder(context: CustomerContext) -> bool:
    """Return whether the context has a folder; these sort last, since a key can also have an
    archived row of an earlier customer.
    """
    return context.customer.desired is not None


def _affected_people(moved_rights: Iterable[Difference]) -> frozenset[str]:
    return frozenset(
        difference.person.name for difference in moved_rights if difference.counts
    )


def _cost(
    groups: Sequence[Group],
    moved_rights: Sequence[Difference],
    situation: Situation,
    stale: GroupNames,
) -> Cost:
    only_rights = not any(difference.leaves for difference in moved_rights)
    people = population(situation.contexts, situation.index, only_active=only_rights)
    changes = tuple(
        change for group in groups if group.name not in stale for change in group.changes
    )
    losses = frozenset(
        loss for difference in moved_rights for loss in losses_of(difference)
    )
    return Cost(_affected_people(moved_rights), people, losses, changes)


def _expects(group: Group, live: LiveState) -> Expects:
    """Return the versions that the group's outcome depends on, of rows that it does not write
    itself.
    """
    # A record has no effect on rights, so nothing that changed meanwhile makes it wrong.
    if all(change.kind is Kind.RECORD for change in group.changes):
        return Expects()
    # A closing service concerns everybody, also people who came after the plan.
    if group.stage is Stage.CLOSING:
        return Expects((), None, live.revision)
    # Settings and openings take nothing from anybody.
    if group.stage is not Stage.CUSTOMERS:
        return Expects()
    written_ids = {change.target.id for change in group.changes}
    homes = {
        c.target.customer_id
        for c in group.changes
        if c.target.customer_id in live.customers
    }
    heirs = {
        c.effects.work_to.id
        for c in group.changes
        if c.effects.work_to and c.effects.work_to.id
    }
    rows = [
        (ObjectKind.CUSTOMER, id, live.customers[id].version)
        for id in homes - written_ids
        if id
    ]
    rows += [
        (ObjectKind.CONTACT, id, live.contacts[id].version)
        for id in heirs - written_ids
        if id
    ]
    if any(
        field.name in {"services", "role"}
        for change in group.changes
        for field in change.fields
    ):
        rows += [
            (ObjectKind.SERVICE, row.id, row.version) for row in live.services.values()
        ]
    watched_customers = homes if any(map(_takes_rights, group.changes)) else set()
    return Expects(
        tuple(sorted(rows)), tuple(sorted(filter(None, watched_customers))), live.revision
    )


def _takes_rights(change: Change) -> bool:
    """Return whether the change can take a right, now or after a later portal edit."""
    names = {field.name for field in change.fields}
    return change.kind in _LEAVING or bool(names & {"role", "services", "project_managers"})


_LEAVING: Final = {Kind.REMOVE_CONTACT, Kind.ARCHIVE_CUSTOMER, Kind.CHANGE_EMAIL}
