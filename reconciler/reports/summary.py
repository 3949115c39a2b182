"""The summary: a plan in numbers, and the one stable line for people and pipelines.

The numbers cover the changes that would be applied; what is held back is counted separately.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from reconciler.model.changes import Change, Kind
from reconciler.model.plan import Group, Plan
from reconciler.model.roles import ACCESS
from reconciler.reports.formatting import count_noun
from reconciler.reports.symbols import Symbol, counts_as


@dataclass(frozen=True, slots=True)
class Summary:
    """A plan in numbers; see `summarize`."""

    add: int = 0
    change: int = 0
    remove: int = 0
    record: int = 0
    handed_over: int = 0
    requests: int = 0
    mails: int = 0
    lose_access: int = 0
    lose_rights: int = 0
    counted: int = 0
    held_back: int = 0
    held_back_customers: int = 0
    refusals: int = 0
    portal_edits: int = 0
    unmanaged: int = 0
    warnings: int = 0
    earlier: int = 0


def summarize(plan: Plan) -> Summary:
    """Return the numbers of a plan; a request or a person in several changes counts once."""
    ready = [change for group in plan.ready for change in group.changes]
    held_back_groups = [group for group in plan.groups if group.held_back]
    counts = Counter(counts_as(change) for change in ready)
    return Summary(
        add=counts[Symbol.ADD],
        change=counts[Symbol.CHANGE],
        remove=counts[Symbol.REMOVE],
        record=sum(change.kind is Kind.RECORD for change in ready),
        handed_over=sum(change.kind is Kind.HAND_OVER_WORK for change in ready),
        requests=requests_moved(ready),
        mails=sum(len(change.effects.mails) for change in ready),
        lose_access=len(people_losing_access(plan.ready)),
        lose_rights=len(people_losing_rights(plan.ready)),
        counted=len(plan.affected_people),
        held_back=sum(len(group.changes) for group in held_back_groups),
        held_back_customers=len(
            {
                customer
                for group in held_back_groups
                if group.changes
                for customer in group.customers
            }
        ),
        refusals=len(plan.refusals),
        portal_edits=len(plan.portal_edits),
        unmanaged=len(plan.unmanaged),
        warnings=len(plan.warnings),
        earlier=plan.pending_before,
    )


def requests_moved(changes: Iterable[Change]) -> int:
    """Return the number of requests, open at planning, that change hands; two changes of one person
    count once.
    """
    requests_by_person: dict[tuple[str | None, str | None], int] = {}
    for change in changes:
        if change.effects.work_to:
            person = (change.customer, change.contact)
            requests_by_person[person] = max(
                requests_by_person.get(person, 0), change.effects.open_work
            )
    return sum(requests_by_person.values())


def people_losing_access(groups: Iterable[Group]) -> set[str]:
    """Return the people who cannot log in afterwards, as `customer/contact` or by their address."""
    return {
        outcome.person
        for group in groups
        for outcome in group.outcomes
        if ACCESS in outcome.loses
    }


def people_losing_rights(groups: Iterable[Group]) -> set[str]:
    """Return the people who keep their access and lose another right."""
    groups = list(groups)
    losing = {
        outcome.person for group in groups for outcome in group.outcomes if outcome.loses
    }
    return losing - people_losing_access(groups)


def summary_line(plan: Plan) -> str:
    """Return the last line of every plan, in one of four stable forms."""
    numbers = summarize(plan)
    if numbers.add + numbers.change + numbers.remove + numbers.handed_over:
        return _changes(numbers)
    rest = _rest(numbers)
    if numbers.record:
        return " ".join(
            [
                f"No changes that anybody notices; {count_noun(numbers.record, 'base')} to record.",
                *rest,
            ]
        )
    return (
        " ".join(["No changes to make.", *rest])
        if rest
        else "No changes. The portal matches the files."
    )


def _changes(numbers: Summary) -> str:
    hands = "changes hands" if numbers.requests == 1 else "change hands"
    lose = "loses access" if numbers.lose_access == 1 else "lose access"
    parts = [
        f"{numbers.add:,} to add, {numbers.change:,} to change, {numbers.remove:,} to remove",
        f"{count_noun(numbers.requests, 'request')} {hands}",
        count_noun(numbers.mails, "mail"),
    ]
    if numbers.lose_rights:
        verb = "loses" if numbers.lose_rights == 1 else "lose"
        parts.append(
            f"{count_noun(numbers.lose_rights, 'person', 'people')} {verb} other rights"
        )
    parts.append(f"{count_noun(numbers.lose_access, 'person', 'people')} {lose}")
    return f"Plan: {'; '.join(parts)}."


def _rest(numbers: Summary) -> list[str]:
    """Return a sentence for each kind of pending item when there are no changes to make."""
    edits, held_back = edits_line(numbers), held_back_line(numbers)
    return [
        *([edits] if edits else []),
        *([held_back] if held_back else []),
        *([f"{numbers.earlier:,} were pending before."] if numbers.earlier else []),
    ]


def edits_line(numbers: Summary) -> str:
    """Return the number of portal edits as a sentence; empty when there is none."""
    waits = "waits" if numbers.portal_edits == 1 else "wait"
    return (
        f"{count_noun(numbers.portal_edits, 'portal edit')} {waits} for reconciler pull."
        if numbers.portal_edits
        else ""
    )


def held_back_line(numbers: Summary) -> str:
    """Return the number of held-back changes as a sentence; empty when there is none."""
    if numbers.held_back:
        are = "is" if numbers.held_back == 1 else "are"
        customers_text = (
            f" for {count_noun(numbers.held_back_customers, 'customer')}"
            if numbers.held_back_customers
            else ""
        )
        return f"{count_noun(numbers.held_back, 'change')}{customers_text} {are} held back."
    if numbers.refusals:
        return f"{count_noun(numbers.refusals, 'refusal')} to look at."
    return ""
