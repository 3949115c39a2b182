"""The part of a plan that one run may carry out: its customers, its shard, and what was reviewed."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace

from reconciler.model.changes import Change, Kind
from reconciler.model.plan import PLACE, Group, Loss, Plan, Refusal, Review, RunTerms, Scope
from reconciler.model.rules import RuleId
from reconciler.planning.outcomes import losses_of, takers
from reconciler.planning.plan_items import refuse_group
from reconciler.planning.projection import Carried, Difference, Projection, Subject, differences


def in_run(customers: Collection[str], terms: RunTerms) -> bool:
    """Whether a group of these customers (none: the portal itself) is one that the run is limited to."""
    if terms.customers and terms.customers.isdisjoint(customers):
        return False
    return terms.shard is None or shard_of(customers, terms.shard[1]) == terms.shard[0]


def shard_of(customers: Collection[str], shards: int) -> int:
    """The shard, from 1, by the first 8 bytes of the SHA-256 of the smallest customer key."""
    key = min(customers, default="")
    return int.from_bytes(hashlib.sha256(key.encode()).digest()[:8], "big") % shards + 1


def narrowed(plan: Plan, terms: RunTerms) -> Plan:
    """The part of a plan that the run is about; the safeguards were judged on the whole.

    A customer goes with its group, so that every sentence about it stands in one shard. Without a group
    it goes where its own group would.
    """
    if not terms.customers and terms.shard is None:
        return plan
    outside = {customer for group in plan.groups if group.outside for customer in group.customers}
    inside = {customer for group in plan.groups if not group.outside for customer in group.customers}

    def about(customer: str | None) -> bool:
        here = in_run((customer,) if customer else (), terms)
        return customer in inside or (here and customer not in outside)

    return replace(
        plan,
        groups=tuple(group for group in plan.groups if not group.outside),
        refusals=tuple(r for r in plan.refusals if r.scope is Scope.PLAN or about(r.customer)),
        portal_edits=tuple(edit for edit in plan.portal_edits if about(edit.customer)),
        warnings=tuple(warning for warning in plan.warnings if about(warning.customer)),
        unmanaged=tuple(thing for thing in plan.unmanaged if about(thing.customer)),
        coming=tuple(departure for departure in plan.coming if about(departure.customer)),
    )


def refuse_unreviewed(groups: Iterable[Group], terms: RunTerms) -> Iterator[Refusal]:
    """Groups with a change that no reviewed plan holds, or that came up after the plan was displayed.

    A removal that was announced and applied before, and the return of a portal edit to the file's
    value under an applied `portal_edits: revert`, count as reviewed.
    """
    for group in groups:
        changes = [change for change in group.changes if change.kind is not Kind.RECORD]
        if terms.reviewed is not None:
            unreviewed = _beyond((change for change in changes if not _announced(change)), terms.reviewed)
            if unreviewed:
                verb = "is" if unreviewed == 1 else "are"
                yield _refusal(group, f"{unreviewed} of {len(changes)} changes {verb} in no reviewed plan")
        if terms.displayed is not None and (later := _beyond(changes, (terms.displayed,))):
            yield _refusal(group, f"{later} of {len(changes)} changes came up after the plan was shown")


def _beyond(changes: Iterable[Change], reviews: tuple[Review, ...]) -> int:
    """The number of changes that none of the plans holds."""
    return sum(not any(change.id in review.ids for review in reviews) for change in changes)


def refuse_unreviewed_losses(
    groups: Iterable[Group], projection: Projection, terms: RunTerms, carried: Carried
) -> Iterator[Refusal]:
    """Groups that take something from somebody that no reviewed or displayed plan showed.

    What announced changes alone take counts as reviewed; a displayed plan must show that, too.
    """
    by_name = {group.name: group for group in groups}
    for difference in differences(projection, carried) if terms.reviewed is not None or terms.displayed else ():
        subject = difference.subject
        for loss in losses_of(difference):
            reviewed = terms.reviewed is None or any(loss in review.losses for review in terms.reviewed)
            displayed = terms.displayed is None or loss in terms.displayed.losses
            if reviewed and displayed:
                continue
            for name in _takers(projection, difference, loss, carried):
                group = by_name[name]
                if displayed and _all_announced(group, subject):
                    continue
                message = f"{loss.person} would lose '{loss.right}', which no reviewed plan shows"
                yield _refusal(group, message)


def _takers(projection: Projection, difference: Difference, loss: Loss, carried: Carried) -> set[str]:
    subject = difference.subject
    if loss.right == PLACE:
        return {subject.group} if subject.group is not None else set()
    return takers(projection, subject, loss.right, carried)


def _all_announced(group: Group, subject: Subject) -> bool:
    """Whether every change of the group that can touch the person counts as reviewed."""
    touching = [
        change
        for change in group.changes
        if change.kind is not Kind.RECORD
        and (change.contact is None or change.target.id == subject.id)
        and change.target.customer_id in {None, subject.home.id}
    ]
    return bool(touching) and all(map(_announced, touching))


def _announced(change: Change) -> bool:
    return change.cause.due or change.restores_file


def _refusal(group: Group, message: str) -> Refusal:
    hint = "plan again, review it, and apply it with --reviewed"
    return refuse_group(group, RuleId.NOT_REVIEWED, message, hint)
