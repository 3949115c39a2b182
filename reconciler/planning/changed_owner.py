"""A changed `owner` in portal.yaml: one refusal of the plan instead of one for every object.

A typo there makes everything foreign that the files manage. Taking it all over would be the wrong
hint, so the refusals of single objects give way.
"""

from __future__ import annotations

from collections.abc import Iterable

from reconciler.model.desired import DesiredState
from reconciler.model.plan import Refusal
from reconciler.model.rules import RuleId
from reconciler.model.sentences import plural_sentence, sentence
from reconciler.planning.index import Index
from reconciler.planning.plan_items import refuse_plan


def with_changed_owner(
    refusals: Iterable[Refusal], desired: DesiredState, index: Index
) -> tuple[Refusal, ...]:
    """Return the refusals; those about other owners become one if the owner itself changed.

    It changed if nothing in the portal has this owner, and one other owner has folders of these
    files.
    """
    refusals = tuple(refusals)
    live = index.live
    rows = (*live.customers.values(), *live.contacts.values(), live.settings)
    rows += tuple(live.services.values())
    if any(row.owner == desired.owner for row in rows):
        return refusals
    owners = {
        row.owner
        for key in desired.customers
        for row in index.foreign.get(key, [])
        if row.owner is not None
    }
    if len(owners) != 1:
        return refusals
    (former,) = owners
    count = sum(row.owner == former for row in rows)
    message = plural_sentence(
        "refusal",
        "portal.yaml says owner '{owner}', which manages nothing here; '{former}' manages "
        "{count:,} object",
        "portal.yaml says owner '{owner}', which manages nothing here; '{former}' manages "
        "{count:,} objects",
        count,
        owner=desired.owner,
        former=former,
    )
    hint = sentence(
        "hint", "write {line}; an owner cannot be renamed", line=f"owner: {former}"
    )
    remaining = (item for item in refusals if item.rule is not RuleId.OTHER_OWNER)
    return (refuse_plan(RuleId.OTHER_OWNER, message, hint), *remaining)
