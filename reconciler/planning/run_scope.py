"""The part of a plan that one run may apply: its customers, its shard, and what was reviewed."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace
from typing import Final

from reconciler.model.changes import Change, Kind
from reconciler.model.plan import (
    MEMBERSHIP,
    Group,
    Loss,
    Plan,
    Refusal,
    Review,
    RunScope,
    Scope,
)
from reconciler.model.rules import RuleId
from reconciler.model.sentences import Sentence, plural_sentence, sentence
from reconciler.planning.outcomes import groups_taking, losses_of
from reconciler.planning.plan_items import refuse_group
from reconciler.planning.projection import (
    Difference,
    GroupNames,
    PersonStates,
    Projection,
    differences,
)
from reconciler.planning.rights import right_noun


def is_in_scope(customers: Collection[str], scope: RunScope) -> bool:
    """Return whether a group of these customers (none: the portal itself) is in the scope of
    the run.
    """
    if scope.customers and scope.customers.isdisjoint(customers):
        return False
    return scope.shard is None or shard_of(customers, scope.shard[1]) == scope.shard[0]


def groups_out_of_scope(groups: Iterable[Group], scope: RunScope) -> dict[str, Sentence]:
    """Return the names of the groups that this run does not apply, each with a hint for the groups
    that wait for it.
    """
    return {
        group.name: _IN_OTHER_RUN
        if scope.shard is None
        else _IN_OTHER_SHARD.with_arguments(
            shard=f"{shard_of(group.customers, scope.shard[1])}/{scope.shard[1]}"
        )
        for group in groups
        if not is_in_scope(group.customers, scope)
    }


_IN_OTHER_RUN: Final = sentence(
    "hint", "{dependency} is outside of --customer; apply it first"
)
_IN_OTHER_SHARD: Final = sentence(
    "hint",
    "shard {shard} applies {dependency}; run this shard again after it, or with --wait",
)


def shard_of(customers: Collection[str], shards: int) -> int:
    """Return the shard, from 1, by the first 8 bytes of the SHA-256 of the smallest customer
    key.
    """
    key = min(customers, default="")
    # SPEC part 10. Python's `hash` differs from process to process, so shards would
    # overlap.
    return int.from_bytes(hashlib.sha256(key.encode()).digest()[:8], "big") % shards + 1


def narrow_plan(plan: Plan, scope: RunScope) -> Plan:
    """Return the part of a plan that is in the run's scope; the safeguards evaluated the whole
    plan.

    A customer goes with its group, so that all sentences about it are in one shard. A customer
    without a group goes where its own group would.
    """
    if not scope.customers and scope.shard is None:
        return plan
    outside = {
        customer for group in plan.groups if group.outside for customer in group.customers
    }
    inside = {
        customer
        for group in plan.groups
        if not group.outside
        for customer in group.customers
    }

    def concerns(customer: str | None) -> bool:
        here = is_in_scope((customer,) if customer else (), scope)
        return customer in inside or (here and customer not in outside)

    return replace(
        plan,
        groups=tuple(group for group in plan.groups if not group.outside),
        refusals=tuple(
            r for r in plan.refusals if r.scope is Scope.PLAN or concerns(r.customer)
        ),
        portal_edits=tuple(edit for edit in plan.portal_edits if concerns(edit.customer)),
        warnings=tuple(warning for warning in plan.warnings if concerns(warning.customer)),
        notes=tuple(note for note in plan.notes if concerns(note.customer)),
        unmanaged=tuple(row for row in plan.unmanaged if concerns(row.customer)),
        upcoming_departures=tuple(
            departure
            for departure in plan.upcoming_departures
            if concerns(departure.customer)
        ),
    )


def refuse_unreviewed(groups: Iterable[Group], scope: RunScope) -> Iterator[Refusal]:
    """Refuse groups with a change that no reviewed plan holds, or that appeared after the plan was
    displayed.

    A removal that was announced and applied before, and the return of a portal edit to the file's
    value under an applied `portal_edits: revert`, count as reviewed.
    """
    for group in groups:
        # A record has no effect that somebody could review.
        changes = [change for change in group.changes if change.kind is not Kind.RECORD]
        if scope.reviewed is not None:
            unreviewed = _beyond(
                (change for change in changes if not _announced(change)), scope.reviewed
            )
            if unreviewed:
                message = plural_sentence(
                    "refusal",
                    "{count} of {total} changes is not in a reviewed plan",
                    "{count} of {total} changes are not in a reviewed plan",
                    unreviewed,
                    total=len(changes),
                )
                yield _refusal(group, message)
        if scope.displayed is not None and (later := _beyond(changes, (scope.displayed,))):
            message = plural_sentence(
                "refusal",
                "{count} of {total} changes appeared after the plan was shown",
                "{count} of {total} changes appeared after the plan was shown",
                later,
                total=len(changes),
            )
            yield _refusal(group, message)


def _beyond(changes: Iterable[Change], reviews: tuple[Review, ...]) -> int:
    """Return the number of changes that none of the plans holds."""
    return sum(not any(change.id in review.ids for review in reviews) for change in changes)


def refuse_unreviewed_losses(
    groups: Iterable[Group],
    projection: Projection,
    scope: RunScope,
    applied_groups: GroupNames,
) -> Iterator[Refusal]:
    """Refuse groups that take something from somebody that no reviewed or displayed plan showed.

    Losses by announced changes alone count as reviewed; a displayed plan must show them as well.
    """
    by_name = {group.name: group for group in groups}
    for difference in (
        differences(projection, applied_groups)
        if scope.reviewed is not None or scope.displayed
        else ()
    ):
        person = difference.person
        for loss in losses_of(difference):
            is_reviewed = scope.reviewed is None or any(
                loss in review.losses for review in scope.reviewed
            )
            is_displayed = scope.displayed is None or loss in scope.displayed.losses
            if is_reviewed and is_displayed:
                continue
            for name in _groups_taking_loss(projection, difference, loss, applied_groups):
                group = by_name[name]
                if is_displayed and _all_announced(group, person):
                    continue
                message = sentence(
                    "refusal",
                    "{contact} would lose '{right}', which no reviewed plan shows",
                    contact=loss.person,
                    right=right_noun(loss.right),
                )
                yield _refusal(group, message)


def _groups_taking_loss(
    projection: Projection, difference: Difference, loss: Loss, applied_groups: GroupNames
) -> set[str]:
    person = difference.person
    if loss.right == MEMBERSHIP:
        return {person.group} if person.group is not None else set()
    return groups_taking(projection, person, loss.right, applied_groups)


def _all_announced(group: Group, person: PersonStates) -> bool:
    """Return whether every change of the group that can touch the person counts as reviewed."""
    touching = [
        change
        for change in group.changes
        if change.kind is not Kind.RECORD
        and (change.contact is None or change.target.id == person.id)
        and change.target.customer_id in {None, person.customer.id}
    ]
    return bool(touching) and all(map(_announced, touching))


def _announced(change: Change) -> bool:
    return change.cause.due or change.restores_file


def _refusal(group: Group, message: Sentence) -> Refusal:
    hint = sentence("hint", "plan again, review the plan, and apply it with --reviewed")
    return refuse_group(group, RuleId.NOT_REVIEWED, message, hint)
