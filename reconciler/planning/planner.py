"""The plan, from start to end: the stages in order, each over the values of those before."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from reconciler.model.changes import Change, Kind
from reconciler.model.desired import DesiredState
from reconciler.model.equality import address_key, name_key
from reconciler.model.live import LiveState
from reconciler.model.plan import (
    Facts,
    Group,
    Plan,
    PortalEdit,
    Refusal,
    Scope,
    Unmanaged,
    Warning,
)
from reconciler.model.rules import RuleId
from reconciler.model.sentences import sentence
from reconciler.planning.changed_owner import with_changed_owner
from reconciler.planning.contact_additions import contested_registrations
from reconciler.planning.contact_matching import match_contacts
from reconciler.planning.contacts import plan_contacts
from reconciler.planning.contacts_after_plan import contacts_after_plan
from reconciler.planning.cross_customer import identity_items
from reconciler.planning.customer_context import (
    CustomerContext,
    compare_customer,
    compare_person,
)
from reconciler.planning.customers import plan_customer
from reconciler.planning.dates import leaving_soon, today, with_due_departures
from reconciler.planning.file_findings import warnings_and_notes
from reconciler.planning.finished_files import note_finished_files
from reconciler.planning.group_evaluation import Proposal, evaluate_groups
from reconciler.planning.index import Index
from reconciler.planning.large_groups import with_independent_changes_first
from reconciler.planning.lookalikes import refuse_lookalikes
from reconciler.planning.lost_access import warn_of_lost_access
from reconciler.planning.matching import CustomerMatch, MatchKind, match_customers
from reconciler.planning.moves import find_moves, links_of, with_moves
from reconciler.planning.odd_departures import warn_of_odd_departures
from reconciler.planning.ordering import make_groups
from reconciler.planning.ordering_gaps import warn_of_ordering_gaps
from reconciler.planning.plan_items import CustomerLink, PlanItem, sort_by_kind, warn
from reconciler.planning.portal import plan_services, plan_settings
from reconciler.planning.quoted_names import file_addresses, quoted_names
from reconciler.planning.rewritten_history import history_items
from reconciler.planning.service_renames import renamed_services, with_renamed_services
from reconciler.planning.unknown_keys import find_doubts, unknown_key_items
from reconciler.planning.upcoming_departures import upcoming_departures

_WITHOUT_CONTACTS = {MatchKind.WITHOUT_FILE, MatchKind.REMOVED_BY_OTHERS}


def make_plan(desired: DesiredState, live: LiveState, facts: Facts) -> Plan:
    """Return the changes that make the portal match the files, and what holds some of them back.

    Pure: the same bytes for the same inputs. Unmanaged objects are listed and never written.
    """
    day = today(live.now, desired.time_zone)
    due_state = with_due_departures(desired, day)
    former_keys = renamed_services(desired, live)
    # Before anything is compared: a list that names the old key is no difference.
    live = with_renamed_services(live, former_keys)
    index = Index(live, desired.owner, former_keys)
    contexts = _contexts(due_state, index)
    stages = sort_by_kind(_stages(due_state, index, contexts))
    changes = _rejected_once(stages.changes)
    identity = sort_by_kind(identity_items(contexts, changes, index))
    remarks = sort_by_kind(
        (
            *history_items(contexts, changes, index, facts),
            *_leaving_soon(desired, day),
            *warn_of_odd_departures(desired, contexts, day),
        )
    )
    links = (*stages.links, *identity.links)
    groups = _groups((*changes, *remarks.changes), links, index)
    refusals = with_changed_owner((*stages.refusals, *identity.refusals), due_state, index)
    proposal = Proposal(groups, refusals, contexts, due_state, index)
    evaluation = evaluate_groups(proposal, facts)
    own_warnings = (*stages.warnings, *remarks.warnings, *evaluation.warnings)
    warnings, notes = warnings_and_notes(desired, own_warnings)
    return Plan(
        live.portal,
        live.epoch,
        facts.commit,
        day.isoformat(),
        evaluation.groups,
        tuple(sorted(set(evaluation.refusals), key=_refusal_order)),
        tuple(sorted(set(stages.edits), key=_edit_order)),
        _unmanaged(index, changes),
        tuple(warnings),
        (*notes, *note_finished_files(contexts)),
        facts.dirty,
        facts.permissions,
        evaluation.affected_people,
        evaluation.population,
        upcoming_departures=upcoming_departures(contexts, day),
        language=desired.policy.language,
        quoted_names=quoted_names(contexts, changes, evaluation.refusals, live),
        file_addresses=file_addresses(desired),
    )


def _groups(
    changes: Iterable[Change], links: Iterable[CustomerLink], index: Index
) -> list[Group]:
    """Return the groups; people who move tie their customers together."""
    changes = list(changes)
    move_ends = find_moves(changes, index)
    return [
        with_independent_changes_first(group, index)
        for group in make_groups(
            with_moves(changes, move_ends), (*links, *links_of(move_ends))
        )
    ]


def _contexts(desired: DesiredState, index: Index) -> list[CustomerContext]:
    contested = contested_registrations(desired)
    return [
        _context(desired, index, match, contested)
        for match in match_customers(desired, index)
    ]


def _context(
    desired: DesiredState, index: Index, match: CustomerMatch, contested: frozenset[str]
) -> CustomerContext:
    """Return the customer's context, with its contacts matched where the plan looks at contacts."""
    context = CustomerContext(desired, index, match, contested=contested)
    context = replace(context, comparison=compare_customer(context))
    if match.kind not in _WITHOUT_CONTACTS and not (
        context.is_released and match.live is None
    ):
        people = tuple(
            compare_person(context, contact) for contact in match_contacts(match, index)
        )
        context = replace(context, people=people)
        context = replace(context, doubts=find_doubts(context))
    return replace(context, contacts_after_plan=contacts_after_plan(context))


def _stages(
    desired: DesiredState, index: Index, contexts: Sequence[CustomerContext]
) -> Iterator[PlanItem]:
    yield from plan_settings(desired, index)
    yield from plan_services(desired, index)
    for context in contexts:
        yield from plan_customer(context)
        if not context.is_released:
            yield from plan_contacts(context)
        yield from warn_of_lost_access(context)
        yield from warn_of_ordering_gaps(context)
    yield from refuse_lookalikes(contexts, index)
    yield from unknown_key_items(desired, contexts, index)


def _rejected_once(changes: Iterable[Change]) -> list[Change]:
    """Return the changes with one rejection per registration: a farewell and `registration: none`
    may both ask for it.
    """
    changes = list(changes)
    first: dict[str, Change] = {}
    for change in changes:
        if change.kind is Kind.REJECT_REGISTRATION and change.registration is not None:
            first.setdefault(change.registration, change)
    return [
        c for c in changes if c.registration is None or first.get(c.registration, c) is c
    ]


def _leaving_soon(desired: DesiredState, day: datetime.date) -> Iterator[Warning]:
    for contact in leaving_soon(desired, day):
        if contact.leaves is not None:
            message = sentence(
                "warning",
                "{contact} leaves on {date}",
                contact=contact.key,
                date=contact.leaves.on,
            )
            yield warn(RuleId.LEAVES_SOON, contact.customer, contact.key, message)


def _unmanaged(index: Index, changes: Iterable[Change]) -> tuple[Unmanaged, ...]:
    """Return the objects without a file, except those that the plan adopts or archives."""
    targets = {change.target.id for change in changes}
    archived_ids = {
        change.target.id for change in changes if change.kind is Kind.ARCHIVE_CUSTOMER
    }
    objects = [
        Unmanaged("customer", index.customer_key(row.id), row.name)
        for row in index.live.customers.values()
        if row.owner is None and not row.archived and row.id not in targets
    ]
    objects += [
        Unmanaged(
            "contact",
            index.customer_key(row.customer_id),
            row.name,
            row.email,
            row.role,
            row.status,
        )
        for row in index.live.contacts.values()
        if row.owner is None
        and row.living
        and row.id not in targets
        and row.customer_id not in archived_ids
    ]
    return tuple(
        sorted(
            objects,
            key=lambda u: (
                u.customer,
                u.kind,
                address_key(u.email or ""),
                name_key(u.name),
            ),
        )
    )


def _refusal_order(refusal: Refusal) -> tuple[int | str, ...]:
    scope = [Scope.PLAN, Scope.CUSTOMER, Scope.CONTACT].index(refusal.scope)
    subject = (refusal.customer or "", refusal.contact or "", refusal.service or "")
    return (
        scope,
        *subject,
        refusal.rule,
        str(refusal.message),
        str(refusal.hint),
        str(refusal.stage),
    )


def _edit_order(edit: PortalEdit) -> tuple[str, str, str, str]:
    return (edit.customer or "", edit.contact or "", edit.service or "", edit.field)
