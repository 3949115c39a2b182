"""The groups of a plan judged on their outcomes: which are held back, and what each takes and gives."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from reconciler.model.changes import Change, Kind, ObjectKind
from reconciler.model.desired import DesiredState
from reconciler.model.live import LiveState
from reconciler.model.plan import Expects, Facts, Group, Refusal, Scope, Stage, Warning
from reconciler.planning.blocking import hold_back, rules_by_group
from reconciler.planning.customer_context import CustomerContext, names_at
from reconciler.planning.group_dependencies import waits
from reconciler.planning.index import Index
from reconciler.planning.limits import Cost, judge_limits, policy_in_force
from reconciler.planning.outcomes import losses_of, outcomes_of
from reconciler.planning.projection import Carried, Difference, differences, project
from reconciler.planning.run_scope import in_run, refuse_unreviewed, refuse_unreviewed_losses
from reconciler.planning.safeguards import (
    Situation,
    fixed_refusals,
    judge,
    population,
    refuse_loosened_rules,
    refuse_tree,
    warn_of_invited_managers,
)


@dataclass(frozen=True, slots=True)
class Judgement:
    """Groups with what holds them back and what they do to people. `counted`: by the limits."""

    groups: tuple[Group, ...]
    refusals: tuple[Refusal, ...]
    warnings: tuple[Warning, ...]
    counted: frozenset[str]
    population: int


@dataclass(frozen=True, slots=True)
class Proposal:
    """The changes that the files demand, before any safeguard was judged."""

    groups: Sequence[Group]
    refusals: Sequence[Refusal]
    contexts: Sequence[CustomerContext]
    desired: DesiredState
    index: Index


def judge_groups(proposal: Proposal, facts: Facts) -> Judgement:
    """Hold back what a safeguard stops.

    Two projections are judged: everything that is not held back, and what this run carries out of
    it. People of groups that are held back count too, unless they wait for a review.
    """
    groups, index, demanded = proposal.groups, proposal.index, proposal.desired.policy
    names = {id: name for context in proposal.contexts if groups for id, name in names_at(context).items()}
    projection = project(groups, index, names)
    edges = waits(groups, projection)
    everything = frozenset(group.name for group in groups)
    unreviewed = list(refuse_unreviewed(groups, facts.run))
    stale = frozenset(rules_by_group(groups, unreviewed))
    intended = list(differences(projection, everything - stale))
    situation = Situation(
        {context.key: context for context in sorted(proposal.contexts, key=_has_folder)},
        tuple(groups),
        projection,
        index,
        policy_in_force(demanded, index.policy),
        demanded,
        facts,
        names,
        len(_counted(intended)),
    )
    fixed = [*proposal.refusals, *fixed_refusals(situation), *unreviewed]
    whole = hold_back(groups, fixed, edges, lambda carried: judge(situation, carried), frozenset())

    def judge_run(carried: Carried) -> Iterator[Refusal]:
        yield from judge(situation, carried)
        yield from refuse_unreviewed_losses(groups, projection, facts.run, carried)

    outside = frozenset(group.name for group in groups if not in_run(group.customers, facts.run))
    run = hold_back(groups, whole.refusals, edges, judge_run, outside)
    carried = everything - set(run.rules) - outside
    moved_rights = [
        *intended,
        *differences(projection, everything - set(whole.rules)),
        *differences(projection, carried),
    ]
    costs = _cost(groups, moved_rights, situation, stale)
    limits = list(_of_plan(proposal, facts, costs))
    rules = {refusal.rule for refusal in (*limits, *run.refusals) if refusal.scope is Scope.PLAN}
    outcomes = outcomes_of(projection, carried, everything)
    judged = (
        replace(
            group,
            held_back=tuple(sorted(rules | run.rules.get(group.name, frozenset()))),
            waits_for=tuple(sorted(edges.get(group.name, {}))),
            outcomes=outcomes.get(group.name, ()),
            expects=_expects(group, index.live),
            outside=group.name in outside,
        )
        for group in groups
    )
    warnings = warn_of_invited_managers(situation, everything - set(run.rules))
    return Judgement(tuple(judged), (*limits, *run.refusals), tuple(warnings), costs.people, costs.population)


def _of_plan(proposal: Proposal, facts: Facts, costs: Cost) -> Iterator[Refusal]:
    """The refusals of the whole plan."""
    yield from refuse_tree(proposal.desired, proposal.index)
    yield from refuse_loosened_rules(facts)
    yield from judge_limits(costs, proposal.desired.policy, proposal.index.policy, facts)


def _has_folder(context: CustomerContext) -> bool:
    """Last the contexts with a folder: a key can have an archived row of an earlier customer as well."""
    return context.customer.desired is not None


def _counted(moved_rights: Iterable[Difference]) -> frozenset[str]:
    return frozenset(difference.subject.name for difference in moved_rights if difference.counts)


def _cost(
    groups: Sequence[Group],
    moved_rights: Sequence[Difference],
    situation: Situation,
    stale: Carried,
) -> Cost:
    only_rights = not any(difference.leaves for difference in moved_rights)
    people = population(situation.contexts, situation.index, only_active=only_rights)
    changes = tuple(change for group in groups if group.name not in stale for change in group.changes)
    losses = frozenset(loss for difference in moved_rights for loss in losses_of(difference))
    return Cost(_counted(moved_rights), people, losses, changes)


def _expects(group: Group, live: LiveState) -> Expects:
    """The versions that the group's outcome was judged on, of rows that it does not write itself."""
    if all(change.kind is Kind.RECORD for change in group.changes):
        return Expects()
    if group.stage is Stage.CLOSING:
        return Expects((), None, live.revision)
    if group.stage is not Stage.CUSTOMERS:
        return Expects()
    written = {change.target.id for change in group.changes}
    homes = {c.target.customer_id for c in group.changes if c.target.customer_id in live.customers}
    heirs = {c.effects.work_to.id for c in group.changes if c.effects.work_to and c.effects.work_to.id}
    rows = [(ObjectKind.CUSTOMER, id, live.customers[id].version) for id in homes - written if id]
    rows += [(ObjectKind.CONTACT, id, live.contacts[id].version) for id in heirs - written if id]
    if any(field.name in {"services", "role"} for change in group.changes for field in change.fields):
        rows += [(ObjectKind.SERVICE, row.id, row.version) for row in live.services.values()]
    watched = homes if any(map(_takes_rights, group.changes)) else set()
    return Expects(tuple(sorted(rows)), tuple(sorted(filter(None, watched))), live.revision)


def _takes_rights(change: Change) -> bool:
    """Whether the change can take a right, now or after somebody else's edit."""
    names = {field.name for field in change.fields}
    return change.kind in _LEAVING or bool(names & {"role", "services", "project_managers"})


_LEAVING: Final = {Kind.REMOVE_CONTACT, Kind.ARCHIVE_CUSTOMER, Kind.CHANGE_EMAIL}
