"""Checks before every commit: protection holds, and requests change state only by events.

`Store.write` runs them for every transaction, so no route, operation or job can bypass them. They
compare the rows before and after with `rules.protection` and `rules.requests`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from reconciler.portal.rules import protection
from reconciler.portal.rules.problems import Problem
from reconciler.portal.rules.requests import check_transitions
from reconciler.portal.rules.states import LIVING
from reconciler.portal.store import tables as t
from reconciler.portal.store.database import is_one_of
from reconciler.portal.store.unit_of_work import Row, Work


def check_work(work: Work) -> None:
    """Raise a problem, or a LookupError for a bug, unless the work may be committed."""
    check_protection(work)
    _check_transitions(work)


def check_protection(work: Work) -> None:
    """Raise a `protected` problem if a row written since the last call breaks protection.

    Actions may call it before the commit: to refuse before a lookup, or to attribute the problem to
    an operation of a batch.
    """
    changed_rows = [row for row in work.unchecked.values() if row.first is not None]
    narrowed = []
    for row in changed_rows:
        before, after = row.first or {}, None if row.is_deleted else row.values
        if row.kind == "contact" and after is not None:
            if protection.is_protected_contact(before):
                work.protected_contacts[row.id] = row
            _refuse_loss(row, protection.contact_loss(before, after))
        elif row.kind == "customer" and after is not None:
            _refuse_loss(row, protection.customer_loss(before, after))
        if protection.narrows_rights(row.kind, before, after):
            narrowed.append(row)
    if narrowed:
        _check_rights(work, narrowed)
    work.unchecked.clear()


def _refuse_loss(row: Row, loss: str | None) -> None:
    if loss is not None:
        raise Problem(
            "protected",
            f"{row.kind} '{row.id}' is protected; refused: {loss}",
            kind=row.kind,
            id=row.id,
        )


def _check_rights(work: Work, narrowed: Sequence[Row]) -> None:
    """Raise a problem if a protected contact may order less than before, through any row."""
    services = work.where("service")
    now = [service.values for service in services]
    before = [
        {**row.first, "code": row["code"]}
        for row in (*services, *work.deleted)
        if row.kind == "service" and row.first is not None
    ]
    people = _affected_contacts(work, narrowed)
    work.load("customer", (person["customer"] for person in people))
    for person in people:
        home = work.get("customer", person["customer"])
        had = protection.rights_to_order(person.first or {}, home.first or {}, before)
        _refuse_loss(
            person,
            protection.lost_right(
                had, protection.rights_to_order(person.values, home.values, now)
            ),
        )


def _affected_contacts(work: Work, narrowed: Sequence[Row]) -> list[Row]:
    """Return the contacts affected by these rows that were protected before this work."""
    c, homes = t.contacts.c, {row.id for row in narrowed if row.kind == "customer"}
    everywhere = any(row.kind == "service" for row in narrowed)
    people = {row.id: row for row in narrowed if row.kind == "contact"}
    people |= {
        id: row
        for id, row in work.protected_contacts.items()
        if everywhere or row["customer"] in homes
    }
    if everywhere or homes:
        at_homes = (
            [] if everywhere else [is_one_of(work.connection, c.customer, sorted(homes))]
        )
        protected_rows = work.where("contact", c.protected, c.status.in_(LIVING), *at_homes)
        people |= {
            row.id: row
            for row in protected_rows
            if row.first and protection.is_protected_contact(row.first)
        }
    return [people[id] for id in sorted(people)]


def _check_transitions(work: Work) -> None:
    """Raise a LookupError if a request changed its state without the events in its history."""
    transitions = [
        row
        for row in work.rows.values()
        if row.kind == "request"
        and (row.first is None or row.first["state"] != row["state"])
    ]
    if not transitions:
        return
    entries = defaultdict[str, list[dict[str, Any]]](list)
    for entry in work.audit_entries:
        if entry["object"] == "request":
            entries[entry["id"]].append(entry)
    for row in transitions:
        check_transitions(
            row.first["state"] if row.first else None, row.values, entries[row.id]
        )
