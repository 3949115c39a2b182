"""Actions on registrations: requests for access that are approved or rejected once."""

from __future__ import annotations

import secrets

from reconciler.portal.actions.contacts import AuditValues, claim_address, removal
from reconciler.portal.actions.fields import Fields, new_row_fields, set_fields
from reconciler.portal.actions.mails import invite, mail_contact
from reconciler.portal.mail.kinds import Wording
from reconciler.portal.rules.problems import Problem
from reconciler.portal.rules.registrations import fingerprint
from reconciler.portal.rules.states import ContactStatus, CustomerStatus
from reconciler.portal.store import tables as t
from reconciler.portal.store.unit_of_work import Row, Work


def register(work: Work, customer: Row | None, fields: Fields) -> Row:
    """Return a pending registration with a confirmed address; it reserves no address yet."""
    contact = work.new(
        "contact",
        {
            **new_row_fields(work, "contact", fields),
            "customer": customer.id if customer else None,
            "status": ContactStatus.UNAPPROVED,
            "removed": None,
            "registration": f"reg-{secrets.token_hex(4)}",
            "decision": "pending",
            "password": None,
            "invited_at": None,
            "address_form": None,
            "fingerprint": None,
        },
    )
    work.count_version(contact)
    contact["fingerprint"] = fingerprint(
        contact.values, customer["name"] if customer else None
    )
    return contact


def pending_registration(work: Work, registration: str) -> Row:
    """Return the registration if it is pending; a problem if it is unknown or decided."""
    contact = next(
        iter(work.where("contact", t.contacts.c.registration == registration)), None
    )
    if contact is None:
        raise Problem("registration-gone", f"there is no registration '{registration}'")
    if contact["status"] != ContactStatus.UNAPPROVED:
        raise Problem(
            "registration-gone", f"registration '{registration}' was {contact['decision']}"
        )
    return contact


def assign(work: Work, contact: Row, customer: Row) -> AuditValues:
    """Assign a registration to a customer; its fingerprint changes."""
    before = {"customer": contact["customer"]}
    contact["customer"] = customer.id
    contact["fingerprint"] = fingerprint(contact.values, customer["name"])
    work.touch(contact, "customer")
    return before, {"customer": customer.id}


def approve(
    work: Work,
    contact: Row,
    customer: Row,
    fields: Fields,
    reviewed_fingerprint: str | None = None,
) -> AuditValues:
    """Approve with exactly these fields; `reviewed_fingerprint` is what the reviewer saw."""
    if reviewed_fingerprint is not None and reviewed_fingerprint != contact["fingerprint"]:
        raise Problem(
            "registration-changed",
            f"registration '{contact['registration']}' changed since it was reviewed",
        )
    if contact["customer"] not in {None, customer.id}:
        raise Problem(
            "registration-changed",
            f"registration '{contact['registration']}' is of another customer",
        )
    if customer["status"] != CustomerStatus.ACTIVE:
        raise Problem("wrong-state", f"customer '{customer.id}' is archived")
    _, after = set_fields(work, contact, fields)
    contact.update(customer=customer.id, status=ContactStatus.INVITED, decision="approved")
    claim_address(work, contact)
    work.touch(contact, "presence")
    invite(work, contact)
    return {"status": ContactStatus.UNAPPROVED}, {
        **after,
        "customer": customer.id,
        "status": ContactStatus.INVITED,
    }


def reject(work: Work, contact: Row, reason: str, *, mail: bool = True) -> AuditValues:
    """Reject the registration, and mail the reason."""
    if mail:
        mail_contact(work, Wording.REJECTED, contact, reason=reason)
    contact.update(
        status=ContactStatus.REMOVED,
        decision="rejected",
        removed=removal(work, reason, False),
    )
    work.touch(contact, "presence")
    return {"status": ContactStatus.UNAPPROVED}, {
        "status": ContactStatus.REMOVED,
        "reason": reason,
    }
