"""What one run may carry out of a plan: its customers, its shard, and what was reviewed."""

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
        for reviews, needing, reason in (
            (terms.reviewed, [c for c in changes if not _announced(c)], "in no reviewed plan"),
            (_displayed(terms), changes, "came up after the plan was shown"),
        ):
            fresh = reviews is not None and [c for c in needing if not any(c.id in r.ids for r in reviews)]
            if fresh:
                verb = "" if reason.startswith("came") else "is " if len(fresh) == 1 else "are "
                yield _refusal(group, f"{len(fresh)} of {len(changes)} changes {verb}{reason}")


def refuse_unreviewed_losses(
    groups: Iterable[Group], projection: Projection, terms: RunTerms, carried: Carried
) -> Iterator[Refusal]:
    """Groups that take a right from somebody that no reviewed or displayed plan showed."""
    by_name = {group.name: group for group in groups}
    announced = {c.target.id for group in by_name.values() for c in group.changes if _announced(c)}
    for reviews in (terms.reviewed, _displayed(terms)):
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


def _displayed(terms: RunTerms) -> tuple[Review, ...] | None:
    return None if terms.displayed is None else (terms.displayed,)


def _announced(change: Change) -> bool:
    return change.cause.due or change.restores_file


def _refusal(group: Group, message: str) -> Refusal:
    hint = "plan again, review it, and apply it with --reviewed"
    if group.stage is Stage.CUSTOMERS:
        return refuse(RuleId.NOT_REVIEWED, min(group.customers), None, message, hint)
    return refuse_portal(RuleId.NOT_REVIEWED, group.service, message, hint, group.stage)
