"""The summary: a plan in numbers, and the one stable line for people and pipelines.

The numbers cover the changes that would be applied; what is held back is counted separately.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from reconciler.model.changes import Change, Kind
from reconciler.model.formats import short_commit
from reconciler.model.plan import Group, Plan
from reconciler.model.roles import ACCESS
from reconciler.model.sentences import (
    SEMICOLON,
    SPACE,
    Listing,
    Sentence,
    layout,
    plural_sentence,
    sentence,
)
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


def commit_name(plan: Plan) -> str:
    """Return the short id of the plan's commit, with `-dirty` if the files differ from it."""
    return f"{short_commit(plan.commit or '')}{'-dirty' if plan.dirty else ''}"


def requests_moved(changes: Iterable[Change]) -> int:
    """Return the number of requests, open at planning, that change hands; two changes of one person
    count once.
    """
    requests_by_person: dict[tuple[str | None, str | None], int] = {}
    for change in changes:
        if change.effects.work_to:
            # A handover and the removal of one person both name the same requests.
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


def has_changes(numbers: Summary) -> bool:
    """Return whether the plan holds a change that somebody notices."""
    return bool(numbers.add + numbers.change + numbers.remove + numbers.handed_over)


def summary_line(plan: Plan) -> str:
    """Return the last line of a plan's text, in one of four stable English forms."""
    # Scripts search for it, so it is English whatever the language of the comments.
    return str(summary_sentence(plan))


def summary_sentence(plan: Plan) -> Sentence:
    """Return the plan in one line."""
    numbers = summarize(plan)
    if has_changes(numbers):
        return _changes(numbers)
    pending = _pending(numbers)
    if numbers.record:
        records = plural_sentence(
            "summary",
            "No changes for anybody; {count:,} file is noted as applied.",
            "No changes for anybody; {count:,} files are noted as applied.",
            numbers.record,
        )
        return _in_one_line(records, *pending)
    if pending:
        return _in_one_line(sentence("summary", "No changes to make."), *pending)
    if departures := len(plan.upcoming_departures):
        return plural_sentence(
            "summary",
            "No changes today. {count:,} departure is coming.",
            "No changes today. {count:,} departures are coming.",
            departures,
        )
    return sentence("summary", "No changes. The portal matches the files.")


def _in_one_line(*sentences: Sentence) -> Sentence:
    return layout("{sentences}", sentences=Listing(sentences, SPACE))


def _changes(numbers: Summary) -> Sentence:
    parts = [
        sentence(
            "summary",
            "{add:,} to add, {change:,} to change, {remove:,} to remove",
            add=numbers.add,
            change=numbers.change,
            remove=numbers.remove,
        ),
        plural_sentence(
            "summary",
            "{count:,} request changes hands",
            "{count:,} requests change hands",
            numbers.requests,
        ),
        plural_sentence("summary", "{count:,} mail", "{count:,} mails", numbers.mails),
    ]
    if numbers.lose_rights:
        people = plural_sentence(
            "summary",
            "{count:,} person loses other rights",
            "{count:,} people lose other rights",
            numbers.lose_rights,
        )
        parts.append(people)
    people = plural_sentence(
        "summary",
        "{count:,} person loses access",
        "{count:,} people lose access",
        numbers.lose_access,
    )
    parts.append(people)
    return sentence("summary", "Plan: {parts}.", parts=Listing(tuple(parts), SEMICOLON))


def _pending(numbers: Summary) -> list[Sentence]:
    """Return a sentence for each kind of pending item when there are no changes to make."""
    edits, held_back = edits_sentence(numbers), held_back_sentence(numbers)
    earlier = (
        plural_sentence(
            "summary",
            "{count:,} was pending before.",
            "{count:,} were pending before.",
            numbers.earlier,
        )
        if numbers.earlier
        else None
    )
    return [part for part in (edits, held_back, earlier) if part is not None]


def edits_sentence(numbers: Summary) -> Sentence | None:
    """Return the number of portal edits as a sentence; None when there is none."""
    if not numbers.portal_edits:
        return None
    return plural_sentence(
        "summary",
        "{count:,} portal edit waits for reconciler pull.",
        "{count:,} portal edits wait for reconciler pull.",
        numbers.portal_edits,
    )


def held_back_sentence(numbers: Summary) -> Sentence | None:
    """Return the number of held-back changes as a sentence; None when there is none."""
    if numbers.held_back and numbers.held_back_customers:
        customers = plural_sentence(
            "summary",
            "{count:,} customer",
            "{count:,} customers",
            numbers.held_back_customers,
        )
        return plural_sentence(
            "summary",
            "{count:,} change for {customers} is held back.",
            "{count:,} changes for {customers} are held back.",
            numbers.held_back,
            customers=customers,
        )
    if numbers.held_back:
        return plural_sentence(
            "summary",
            "{count:,} change is held back.",
            "{count:,} changes are held back.",
            numbers.held_back,
        )
    if numbers.refusals:
        return plural_sentence(
            "summary",
            "{count:,} refusal to look at.",
            "{count:,} refusals to look at.",
            numbers.refusals,
        )
    return None
