"""Acts on registrations: a person's own request for access, approved or rejected once."""

from __future__ import annotations

import secrets

from reconciler.portal.actions.contacts import Audited, removal, take_address
from reconciler.portal.actions.fields import Fields, fresh_fields, set_fields
from reconciler.portal.actions.mails import invite, send
from reconciler.portal.mail.kinds import Wording
from reconciler.portal.rules.problems import Problem
from reconciler.portal.rules.registrations import fingerprint
from reconciler.portal.rules.states import ContactStatus, CustomerStatus
from reconciler.portal.store import tables as t
from reconciler.portal.store.unit_of_work import Row, Work


def register(work: Work, customer: Row | None, fields: Fields) -> Row:
    """A pending registration with a confirmed address; it holds no address and may name no customer."""
    contact = work.new("contact", {
        **fresh_fields(work, "contact", fields), "customer": customer.id if customer else None,
        "status": ContactStatus.UNAPPROVED, "removed": None, "registration": f"reg-{secrets.token_hex(4)}",
        "decision": "pending", "password": None, "invited_at": None, "address_form": None, "fingerprint": None,
    })  # fmt: skip
    work.written(contact)
    contact["fingerprint"] = fingerprint(contact.values, customer["name"] if customer else None)
    return contact


def pending(work: Work, registration: str) -> Row:
    """The registration that waits for a decision; a problem when it was decided or never was."""
    found = next(iter(work.where("contact", t.contacts.c.registration == registration)), None)
    if found is None:
        raise Problem("registration-gone", f"there is no registration '{registration}'")
    if found["status"] != ContactStatus.UNAPPROVED:
        raise Problem("registration-gone", f"registration '{registration}' was {found['decision']}")
    return found


def assign(work: Work, contact: Row, customer: Row) -> Audited:
    """The administrator says to which customer a registration belongs; its fingerprint is new then."""
    before = {"customer": contact["customer"]}
    contact["customer"] = customer.id
    contact["fingerprint"] = fingerprint(contact.values, customer["name"])
    work.touch(contact, "customer")
    return before, {"customer": customer.id}


def approve(work: Work, contact: Row, customer: Row, fields: Fields, seen: str | None = None) -> Audited:
    """The person is let in with exactly these fields; `seen` is the fingerprint that was reviewed."""
    if seen is not None and seen != contact["fingerprint"]:
        raise Problem("registration-changed", f"registration '{contact['registration']}' is not what was reviewed")
    if contact["customer"] not in {None, customer.id}:
        raise Problem("registration-changed", f"registration '{contact['registration']}' is of another customer")
    if customer["status"] != CustomerStatus.ACTIVE:
        raise Problem("wrong-state", f"customer '{customer.id}' is archived")
    _, after = set_fields(work, contact, fields)
    contact.update(customer=customer.id, status=ContactStatus.INVITED, decision="approved")
    take_address(work, contact)
    work.touch(contact, "presence")
    invite(work, contact)
    return {"status": ContactStatus.UNAPPROVED}, {**after, "customer": customer.id, "status": ContactStatus.INVITED}


def reject(work: Work, contact: Row, reason: str, *, mail: bool = True) -> Audited:
    """The person is not let in, and is told why."""
    if mail:
        send(work, Wording.REJECTED, contact, reason=reason)
    contact.update(status=ContactStatus.REMOVED, decision="rejected", removed=removal(work, reason, False))
    work.touch(contact, "presence")
    return {"status": ContactStatus.UNAPPROVED}, {"status": ContactStatus.REMOVED, "reason": reason}
