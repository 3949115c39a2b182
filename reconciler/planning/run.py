"""The part of a plan that one run may carry out: its customers, its shard, and what was reviewed."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator

from reconciler.model.changes import Change, Kind
from reconciler.model.plan import Group, Refusal, Review, RunTerms, Stage
from reconciler.model.rules import RuleId
from reconciler.planning.findings import refuse, refuse_portal
from reconciler.planning.outcomes import takers
from reconciler.planning.projection import Carried, Projection, differences


def in_run(group: Group, terms: RunTerms) -> bool:
    """Whether the group is among the customers and in the shard that the run is limited to."""
    if terms.customers and not terms.customers & set(group.customers):
        return False
    return terms.shard is None or shard_of(group, terms.shard[1]) == terms.shard[0]


def shard_of(group: Group, shards: int) -> int:
    """The shard, from 1, by the first 8 bytes of the SHA-256 of the smallest customer key."""
    key = min(group.customers, default="")
    return int.from_bytes(hashlib.sha256(key.encode()).digest()[:8], "big") % shards + 1


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
    """Groups that take a right from somebody that no reviewed or displayed plan showed."""
    by_name = {group.name: group for group in groups}
    announced = {c.target.id for group in by_name.values() for c in group.changes if _announced(c)}
    displayed = None if terms.displayed is None else (terms.displayed,)
    for reviews in (terms.reviewed, displayed):
        if reviews is None:
            continue
        for difference in differences(projection, carried):
            subject = difference.subject
            for right in sorted(difference.loses):
                if any((subject.name, right) in review.losses for review in reviews):
                    continue
                for name in takers(projection, subject, right, carried):
                    if subject.id not in announced or name != subject.group:
                        message = f"{subject.name} would lose '{right}', which no reviewed plan shows"
                        yield _refusal(by_name[name], message)


def _announced(change: Change) -> bool:
    return change.cause.due or change.restores_file


def _refusal(group: Group, message: str) -> Refusal:
    hint = "plan again, review it, and apply it with --reviewed"
    if group.stage is Stage.CUSTOMERS:
        return refuse(RuleId.NOT_REVIEWED, min(group.customers), None, message, hint)
    return refuse_portal(RuleId.NOT_REVIEWED, group.service, message, hint, group.stage)
