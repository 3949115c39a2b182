"""Acts on customers: create, edit, archive with everybody in it, restore."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from types import MappingProxyType
from typing import Any, Final

from reconciler.portal.actions import contacts, generations
from reconciler.portal.actions.contacts import Audited
from reconciler.portal.actions.fields import Fields, fresh_fields, set_fields, take_name
from reconciler.portal.actions.registrations import reject
from reconciler.portal.rules.contacts import may_be_restored
from reconciler.portal.rules.problems import Problem
from reconciler.portal.rules.states import OPEN, ContactStatus, CustomerStatus
from reconciler.portal.store import tables as t
from reconciler.portal.store.unit_of_work import Row, Work

_LETTERS: Final = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
"""Letters and digits that nobody takes for each other when they are read out."""


def create(work: Work, fields: Fields) -> Row:
    """A new customer without people."""
    customer = work.new("customer", {
        **fresh_fields(work, "customer", {}), "name": "", "name_form": None, "status": CustomerStatus.ACTIVE, "archived": None,
        "last_commit": None, "registration_code": None,
    })  # fmt: skip
    set_fields(work, customer, fields)
    work.touch(customer, "presence")
    return customer


def edit(work: Work, customer: Row, fields: Fields) -> Audited:
    """Change fields of an active customer."""
    if customer["status"] != CustomerStatus.ACTIVE:
        raise Problem("wrong-state", f"customer '{customer.id}' is archived")
    return set_fields(work, customer, fields)


def archive(work: Work, customer: Row, reason: str) -> Audited:
    """The customer and all its people lose access; refused while a request is open."""
    if customer["status"] != CustomerStatus.ACTIVE:
        raise Problem("wrong-state", f"customer '{customer.id}' is archived already")
    left = work.where("request", t.requests.c.customer == customer.id, t.requests.c.state.in_(OPEN))
    if left:
        ids = [request.id for request in left]
        raise Problem("open-requests", f"{len(ids)} requests of '{customer.id}' are open", requests=ids)
    people = people_of(work, customer)
    for contact in people:
        if contact["status"] == ContactStatus.UNAPPROVED:
            reject(work, contact, "other", mail=False)
        else:
            contacts.remove(work, contact, None, reason, with_customer=True)
    customer.update(status=CustomerStatus.ARCHIVED, name_form=None, archived=contacts.removal(work, reason, False))
    work.touch(customer, "presence")
    return {"status": CustomerStatus.ACTIVE}, {
        "status": CustomerStatus.ARCHIVED,
        "contacts": [contact.id for contact in people],
    }


def people_of(work: Work, customer: Row) -> list[Row]:
    """Everybody who is not removed, registrants too."""
    return work.where("contact", t.contacts.c.customer == customer.id, t.contacts.c.status != ContactStatus.REMOVED)


def restore(work: Work, customer: Row, fields: Fields = MappingProxyType({})) -> Audited:
    """The customer comes back with these fields and with everybody whom the archive took out.

    A name among the fields is claimed instead of the former one, which may be taken by now.
    """
    may_be_restored(customer.values, customer["archived"], work.now)
    generations.begin_again(work, customer)
    customer.update(status=CustomerStatus.ACTIVE, archived=None)
    set_fields(work, customer, fields)
    if "name" not in fields:
        take_name(work, customer)
    work.touch(customer, "presence")
    gone = work.where("contact", t.contacts.c.customer == customer.id, t.contacts.c.status == ContactStatus.REMOVED)
    back = [contact for contact in gone if (contact["removed"] or {}).get("with_customer")]
    for contact in back:
        contacts.restore(work, contact)
    return {"status": CustomerStatus.ARCHIVED}, {
        "status": CustomerStatus.ACTIVE,
        "contacts": [contact.id for contact in back],
    }


def release(work: Work, row: Row, people: Sequence[Row] = ()) -> Audited:
    """Stop managing a row, with these people of it: owner, key, base and last commit are emptied.

    Nothing else changes.
    """
    before: dict[str, Any] = {"external_key": row["external_key"], "owner": row["owner"]}
    generations.remember(work, [row, *people])
    if row.kind == "customer":
        row["last_commit"] = None
    for each in (row, *people):
        each.update(external_key=None, owner=None, applied=None)
        work.written(each)
    return before, {"external_key": None, "owner": None}


def renew_code(work: Work, customer: Row) -> Audited:
    """A new registration code: whoever signs up with it belongs to this customer. The code stays out of the history."""
    customer["registration_code"] = "-".join("".join(secrets.choice(_LETTERS) for _ in range(5)) for _ in range(3))
    work.written(customer)
    return {}, {"registration_code": "renewed"}


def withdraw_code(work: Work, customer: Row) -> Audited:
    """Nobody signs up with the customer's code any more."""
    customer["registration_code"] = None
    work.written(customer)
    return {}, {"registration_code": "withdrawn"}
