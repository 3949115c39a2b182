"""The plan, from start to end: the stages in their order, each over the values of those before."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from reconciler.model.changes import Change, Kind
from reconciler.model.desired import DesiredState
from reconciler.model.equality import address_key, name_key
from reconciler.model.live import LiveState
from reconciler.model.plan import Facts, Plan, PortalEdit, Refusal, Scope, Unmanaged
from reconciler.planning.arrivals import contested_registrations
from reconciler.planning.circumstances import Case, person
from reconciler.planning.coming import coming_departures
from reconciler.planning.contacts import plan_contacts
from reconciler.planning.customers import plan_customer, refuse_doubles
from reconciler.planning.dates import leaving_soon, today, without_leavers
from reconciler.planning.drafts import Draft
from reconciler.planning.holding import hold_back
from reconciler.planning.index import Index
from reconciler.planning.matching import CustomerMatch, How, match_contacts, match_customers
from reconciler.planning.ordering import make_groups
from reconciler.planning.portal import plan_services, plan_settings
from reconciler.planning.quoting import quoted_names
from reconciler.planning.safeguards import judge_customers, judge_whole
from reconciler.planning.services import judge_services, with_reach
from reconciler.planning.ties import judge_identity, with_moves

_NOBODY_PLANNED = {How.GONE, How.AWAY}


def make_plan(desired: DesiredState, live: LiveState, facts: Facts) -> Plan:
    """What would happen if these files were applied to this portal now.

    Pure: the same bytes for the same inputs. Never writes to what is unmanaged; holds back whatever a
    safeguard stops, and says why.
    """
    day = today(live.now, desired.time_zone)
    of_day = without_leavers(desired, day)
    index = Index(live, desired.owner)
    matches = match_customers(of_day, index)
    contested = contested_registrations(of_day)
    cases = [_case(Case(of_day, index, match, contested)) for match in matches]
    draft = _found(of_day, index, matches, cases)
    draft.changes = with_reach(draft.changes, cases, index)
    draft.add(judge_services(draft.changes, of_day, index))
    draft.add(judge_identity(cases, draft))
    draft.changes, ties = with_moves(draft.changes, cases)
    draft.ties += ties
    draft.add(judge_customers(draft.changes, cases, of_day, facts))
    for contact in leaving_soon(desired, day):
        message = f"{contact.key} leaves on {contact.leaves.on}" if contact.leaves else ""
        draft.warn("leaves-soon", contact.customer, contact.key, message)
    refusals = [*judge_whole(draft.changes, of_day, index, facts), *draft.refusals]
    return Plan(
        live.portal,
        live.epoch,
        facts.commit,
        day.isoformat(),
        hold_back(make_groups(draft.changes, draft.ties), refusals, live),
        tuple(sorted(set(refusals), key=_refusal_order)),
        tuple(sorted(set(draft.edits), key=_edit_order)),
        _unmanaged(index),
        tuple(sorted(set(draft.warnings), key=lambda w: (w.customer or "", w.contact or "", w.rule, w.message))),
        facts.permissions,
        coming=coming_departures(cases, day),
        quoted=quoted_names(cases, draft.changes, refusals, live),
    )


def select(plan: Plan, customers: Iterable[str]) -> Plan:
    """The part of a plan that concerns some customers; the safeguards were judged on the whole."""
    wanted = set(customers)
    groups = tuple(group for group in plan.groups if wanted & set(group.customers))
    shown = wanted.union(*(group.customers for group in groups)) if groups else wanted
    return replace(
        plan,
        groups=groups,
        refusals=tuple(r for r in plan.refusals if r.scope is Scope.PLAN or r.customer in shown),
        portal_edits=tuple(edit for edit in plan.portal_edits if edit.customer in shown),
        warnings=tuple(warning for warning in plan.warnings if warning.customer in shown),
        unmanaged=tuple(thing for thing in plan.unmanaged if thing.customer in shown),
        coming=tuple(departure for departure in plan.coming if departure.customer in shown),
    )


def _case(case: Case) -> Case:
    """With its people matched, where the plan looks at people at all."""
    match = case.customer
    managed = match.how not in _NOBODY_PLANNED and not (case.released and match.live is None)
    if managed:
        case.people = [person(case, found) for found in match_contacts(match, case.index)]
    return case


def _found(desired: DesiredState, index: Index, matches: list[CustomerMatch], cases: list[Case]) -> Draft:
    draft = Draft()
    draft.add(plan_settings(desired, index))
    draft.add(plan_services(desired, index))
    for case in cases:
        draft.add(plan_customer(case))
        if not case.released:
            draft.add(plan_contacts(case))
    draft.add(refuse_doubles(matches, cases))
    draft.changes = _rejected_once(draft.changes)
    return draft


def _rejected_once(changes: list[Change]) -> list[Change]:
    """Without a second rejection of a registration: a farewell and `registration: none` may both ask for it."""
    first: dict[str, Change] = {}
    for change in changes:
        if change.kind is Kind.REJECT_REGISTRATION and change.registration is not None:
            first.setdefault(change.registration, change)
    return [c for c in changes if c.registration is None or first.get(c.registration, c) is c]


def _unmanaged(index: Index) -> tuple[Unmanaged, ...]:
    found = [
        Unmanaged("customer", index.customer_key(row.id), row.name)
        for row in index.live.customers.values()
        if row.owner is None and not row.archived
    ]
    found += [
        Unmanaged("contact", index.customer_key(row.customer_id), row.name, row.email, row.role, row.status)
        for row in index.live.contacts.values()
        if row.owner is None and row.living
    ]
    return tuple(sorted(found, key=lambda u: (u.customer, u.kind, address_key(u.email or ""), name_key(u.name))))


def _refusal_order(refusal: Refusal) -> tuple[int, str, str, str, str]:
    reach = [Scope.PLAN, Scope.CUSTOMER, Scope.CONTACT].index(refusal.scope)
    return (reach, refusal.customer or "", refusal.contact or "", refusal.rule, refusal.message)


def _edit_order(edit: PortalEdit) -> tuple[str, str, str, str]:
    return (edit.customer or "", edit.contact or "", edit.service or "", edit.field)
