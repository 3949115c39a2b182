"""Actions on contacts: add, edit, change the address, remove with a handover, restore."""

from __future__ import annotations

from typing import Any

from reconciler.portal.actions import lives
from reconciler.portal.actions.fields import Fields, new_row_fields, set_fields
from reconciler.portal.actions.mails import invite, linked_request, mail_contact
from reconciler.portal.actions.people import check_address_is_free
from reconciler.portal.mail.kinds import Wording
from reconciler.portal.rules import contacts as rules
from reconciler.portal.rules.audit import AuditAction
from reconciler.portal.rules.equality import same_address_form
from reconciler.portal.rules.problems import Problem
from reconciler.portal.rules.states import OPEN, ContactStatus, CustomerStatus
from reconciler.portal.store import tables as t
from reconciler.portal.store.clock import later
from reconciler.portal.store.guard import check_protection
from reconciler.portal.store.unit_of_work import Row, Work

# The values before and after a change, for the history.
AuditValues = tuple[dict[str, Any] | None, dict[str, Any] | None]


def add(work: Work, customer: Row, fields: Fields) -> Row:
    """Add a contact to an active customer and mail an invitation."""
    if customer["status"] != CustomerStatus.ACTIVE:
        raise Problem("wrong-state", f"customer '{customer.id}' is archived")
    contact = work.new(
        "contact",
        {
            **new_row_fields(work, "contact", fields),
            "customer": customer.id,
            "status": ContactStatus.INVITED,
            "removed": None,
            "registration": None,
            "fingerprint": None,
            "decision": None,
            "password": None,
            "invited_at": work.now,
            "address_form": None,
        },
    )
    work.count_version(contact)
    claim_address(work, contact)
    invite(work, contact)
    return contact


def claim_address(work: Work, contact: Row) -> None:
    """Reserve the contact's address as a login; a problem if somebody else uses it."""
    form = same_address_form(contact["email"])
    check_address_is_free(work, form, contact, contact["email"])
    contact["address_form"] = form


def edit(work: Work, contact: Row, fields: Fields) -> AuditValues:
    """Change fields; a new address suspends access until the contact activates it."""
    rules.check_living(contact.values)
    old = contact["email"]
    before, after = set_fields(work, contact, fields)
    if "email" in after:
        # before the address lookup, so that nobody probes addresses on a protected contact
        check_protection(work)
        claim_address(work, contact)
        # another spelling of the same mailbox keeps the access
        if same_address_form(old) != contact["address_form"]:
            _reset_access(work, contact, old)
            before, after = (
                {**before, "status": before.get("status")},
                {**after, "status": ContactStatus.INVITED},
            )
    return before, after


def _reset_access(work: Work, contact: Row, old: str) -> None:
    contact["status"], contact["password"] = ContactStatus.INVITED, None
    work.end_access(contact.id)
    mail_contact(work, Wording.ADDRESS_CHANGED, contact, to=old)
    invite(work, contact, Wording.ACTIVATION_AGAIN)


def open_work(work: Work, contact: Row) -> list[Row]:
    """Return the open requests of the contact."""
    return work.where(
        "request", t.requests.c.owner == contact.id, t.requests.c.state.in_(OPEN)
    )


def hand_over(work: Work, contact: Row, heir: Row) -> AuditValues:
    """Give all open requests of the contact to the heir, with an entry in each one's history."""
    rules.check_heir(heir.values, contact.values)
    requests = open_work(work, contact)
    for request in requests:
        request["owner"] = heir.id
        work.count_version(request)
        work.audit(
            AuditAction.WORK_MOVED, request, {"owner": contact.id}, {"owner": heir.id}
        )
    if requests:
        listing = [linked_request(work, request) for request in requests]
        mail_contact(
            work,
            Wording.WORK_RECEIVED,
            heir,
            count=len(requests),
            from_name=contact["name"],
            requests=listing,
        )
    ids = [request.id for request in requests]
    return {"owner": contact.id, "requests": ids}, {"owner": heir.id, "requests": ids}


def remove(
    work: Work, contact: Row, heir: Row | None, reason: str, *, with_customer: bool = False
) -> AuditValues:
    """Remove the contact: hand over open work, end sessions and tokens, keep a tombstone."""
    rules.check_living(contact.values)
    before = {"status": contact["status"]}
    after: dict[str, Any] = {"status": ContactStatus.REMOVED, "reason": reason}
    if heir is not None:
        _, handover = hand_over(work, contact, heir)
        after["work_to"] = handover
    elif unassigned := open_work(work, contact):
        raise rules.no_heir([request.values for request in unassigned], contact.id)
    work.end_access(contact.id)
    # without `address_form` the address is free at once for whoever has the mailbox next
    contact.update(
        status=ContactStatus.REMOVED,
        address_form=None,
        password=None,
        removed=removal(work, reason, with_customer),
    )
    work.touch(contact, "presence")
    return before, after


def removal(work: Work, reason: str, with_customer: bool) -> dict[str, Any]:
    """Return the record of a removal: who, when, why, and how long it can be undone."""
    return {
        "by": work.principal.name,
        "actor": str(work.principal.actor),
        "at": work.now,
        "restorable_until": later(work.now, days=rules.RESTORABLE_DAYS),
        "reason": reason,
        "with_customer": with_customer,
    }


def restore(work: Work, contact: Row) -> AuditValues:
    """Bring back a removed contact and ask for a new activation."""
    rules.check_restorable(contact.values, contact["removed"], work.now)
    customer = work.get("customer", contact["customer"])
    if customer["status"] != CustomerStatus.ACTIVE:
        raise Problem("not-restorable", f"customer '{customer.id}' is archived")
    _check_key_is_free(work, contact)
    lives.begin_next_life(work, contact)
    contact.update(
        status=ContactStatus.INVITED,
        removed=None,
        decision=contact["decision"] and "approved",
    )
    claim_address(work, contact)
    work.touch(contact, "presence")
    invite(work, contact, Wording.ACTIVATION_AGAIN)
    return {"status": ContactStatus.REMOVED}, {"status": ContactStatus.INVITED}


def _check_key_is_free(work: Work, contact: Row) -> None:
    if contact["external_key"] is None:
        return
    # the unique index would refuse it as well, but its error names no holder
    for holder in work.where(
        "contact",
        t.contacts.c.customer == contact["customer"],
        t.contacts.c.external_key == contact["external_key"],
        t.contacts.c.status != ContactStatus.REMOVED,
    ):
        if holder is not contact:
            raise Problem(
                "key-taken", f"the key '{contact['external_key']}' belongs to '{holder.id}'"
            )


def resend_activation(work: Work, contact: Row) -> AuditValues:
    """Send a new activation link to a contact who has not activated yet."""
    if contact["status"] not in {ContactStatus.INVITED, ContactStatus.LINK_EXPIRED}:
        raise Problem("wrong-state", f"contact '{contact.id}' is {contact['status']}")
    before = {"status": contact["status"]}
    contact["status"] = ContactStatus.INVITED
    # deletes older links: only the newest mail works
    work.end_access(contact.id)
    invite(work, contact)
    return before, {"status": ContactStatus.INVITED}
