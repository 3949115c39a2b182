"""Actions on customers: create, edit, archive with all contacts, restore."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from types import MappingProxyType
from typing import Any, Final

from reconciler.portal.actions import contacts, lives
from reconciler.portal.actions.contacts import AuditValues
from reconciler.portal.actions.fields import Fields, claim_name, new_row_fields, set_fields
from reconciler.portal.actions.registrations import reject
from reconciler.portal.rules.contacts import check_restorable
from reconciler.portal.rules.nouns import count_noun
from reconciler.portal.rules.problems import Problem
from reconciler.portal.rules.states import OPEN, ContactStatus, CustomerStatus
from reconciler.portal.store import tables as t
from reconciler.portal.store.unit_of_work import Row, Work

# Letters and digits that are not confused when read aloud.
_LETTERS: Final = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"


def create(work: Work, fields: Fields) -> Row:
    """Return a new customer without contacts."""
    customer = work.new(
        "customer",
        {
            **new_row_fields(work, "customer", {}),
            "name": "",
            "name_form": None,
            "status": CustomerStatus.ACTIVE,
            "archived": None,
            "last_commit": None,
            "registration_code": None,
        },
    )
    set_fields(work, customer, fields)
    work.touch(customer, "presence")
    return customer


def edit(work: Work, customer: Row, fields: Fields) -> AuditValues:
    """Change fields of an active customer."""
    if customer["status"] != CustomerStatus.ACTIVE:
        raise Problem("wrong-state", f"customer '{customer.id}' is archived")
    return set_fields(work, customer, fields)


def archive(work: Work, customer: Row, reason: str) -> AuditValues:
    """Archive a customer and remove its contacts; refused while a request is open."""
    if customer["status"] != CustomerStatus.ACTIVE:
        raise Problem("wrong-state", f"customer '{customer.id}' is already archived")
    open_requests = work.where(
        "request", t.requests.c.customer == customer.id, t.requests.c.state.in_(OPEN)
    )
    if open_requests:
        ids = [request.id for request in open_requests]
        raise Problem(
            "open-requests",
            f"{count_noun(len(ids), 'request')} of '{customer.id}' "
            f"{'is' if len(ids) == 1 else 'are'} open",
            requests=ids,
        )
    people = contacts_of(work, customer)
    for contact in people:
        if contact["status"] == ContactStatus.UNAPPROVED:
            reject(work, contact, "other", mail=False)
        else:
            contacts.remove(work, contact, None, reason, with_customer=True)
    customer.update(
        status=CustomerStatus.ARCHIVED,
        name_form=None,
        archived=contacts.removal(work, reason, False),
    )
    work.touch(customer, "presence")
    return {"status": CustomerStatus.ACTIVE}, {
        "status": CustomerStatus.ARCHIVED,
        "contacts": [contact.id for contact in people],
    }


def contacts_of(work: Work, customer: Row) -> list[Row]:
    """Return all contacts that are not removed, including registrations."""
    return work.where(
        "contact",
        t.contacts.c.customer == customer.id,
        t.contacts.c.status != ContactStatus.REMOVED,
    )


def restore(
    work: Work, customer: Row, fields: Fields = MappingProxyType({})
) -> AuditValues:
    """Restore a customer with these fields, together with the contacts that the archive removed.

    A new name among the fields replaces the old one, which another customer may have by now.
    """
    check_restorable(customer.values, customer["archived"], work.now)
    lives.begin_next_life(work, customer)
    customer.update(status=CustomerStatus.ACTIVE, archived=None)
    _, changed_fields = set_fields(work, customer, fields)
    # the archive freed the name, and `set_fields` claims a name only if it differs from the old one
    if "name" not in changed_fields:
        claim_name(work, customer)
    work.touch(customer, "presence")
    removed_contacts = work.where(
        "contact",
        t.contacts.c.customer == customer.id,
        t.contacts.c.status == ContactStatus.REMOVED,
    )
    returning = [
        contact
        for contact in removed_contacts
        if (contact["removed"] or {}).get("with_customer")
    ]
    for contact in returning:
        contacts.restore(work, contact)
    return {"status": CustomerStatus.ARCHIVED}, {
        "status": CustomerStatus.ACTIVE,
        "contacts": [contact.id for contact in returning],
    }


def release(work: Work, row: Row, people: Sequence[Row] = ()) -> AuditValues:
    """Stop managing a row and these contacts of it: clear owner, key, base and last commit."""
    before: dict[str, Any] = {"external_key": row["external_key"], "owner": row["owner"]}
    lives.store_lives(work, [row, *people])
    if row.kind == "customer":
        row["last_commit"] = None
    for managed_row in (row, *people):
        managed_row.update(external_key=None, owner=None, applied=None)
        work.count_version(managed_row)
    return before, {"external_key": None, "owner": None}


def renew_code(work: Work, customer: Row) -> AuditValues:
    """Set a new registration code; people who sign up with it belong to this customer.

    The history does not contain the code.
    """
    # 75 random bits: whoever knows the code can become a colleague
    customer["registration_code"] = "-".join(
        "".join(secrets.choice(_LETTERS) for _ in range(5)) for _ in range(3)
    )
    work.count_version(customer)
    return {}, {"registration_code": "renewed"}


def withdraw_code(work: Work, customer: Row) -> AuditValues:
    """Delete the registration code, so that nobody can sign up with it."""
    customer["registration_code"] = None
    work.count_version(customer)
    return {}, {"registration_code": "withdrawn"}
