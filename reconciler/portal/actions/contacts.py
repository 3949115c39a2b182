"""Acts on contacts: add, edit, change the address, remove with a handover, restore."""

from __future__ import annotations

from typing import Any

from reconciler.portal.actions import generations
from reconciler.portal.actions.fields import Fields, fresh_fields, set_fields
from reconciler.portal.actions.mails import about, invite, send
from reconciler.portal.actions.people import must_be_free
from reconciler.portal.mail.kinds import Wording
from reconciler.portal.rules import contacts as rules
from reconciler.portal.rules.audit import Verb
from reconciler.portal.rules.equality import same_address_form
from reconciler.portal.rules.problems import Problem
from reconciler.portal.rules.states import OPEN, ContactStatus, CustomerStatus
from reconciler.portal.store import tables as t
from reconciler.portal.store.clock import later
from reconciler.portal.store.guard import keep_protected
from reconciler.portal.store.unit_of_work import Row, Work

Audited = tuple[dict[str, Any] | None, dict[str, Any] | None]
"""What was before and what is after, for the history."""


def add(work: Work, customer: Row, fields: Fields) -> Row:
    """A new contact of an active customer, invited by a mail."""
    if customer["status"] != CustomerStatus.ACTIVE:
        raise Problem("wrong-state", f"customer '{customer.id}' is archived")
    contact = work.new("contact", {
        **fresh_fields(work, "contact", fields), "customer": customer.id, "status": ContactStatus.INVITED,
        "removed": None, "registration": None, "fingerprint": None, "decision": None, "password": None,
        "invited_at": work.now, "address_form": None,
    })  # fmt: skip
    work.written(contact)
    take_address(work, contact)
    invite(work, contact)
    return contact


def take_address(work: Work, contact: Row) -> None:
    """Claim the contact's address as a login; a problem when somebody else has it."""
    form = same_address_form(contact["email"])
    must_be_free(work, form, contact, contact["email"])
    contact["address_form"] = form


def edit(work: Work, contact: Row, fields: Fields) -> Audited:
    """Change fields; another address takes access away until it is activated again."""
    rules.must_live(contact.values)
    old = contact["email"]
    before, after = set_fields(work, contact, fields)
    if "email" in after:
        keep_protected(work)  # asked now: whether an address is taken is nobody's to try out on them
        take_address(work, contact)
        if same_address_form(old) != contact["address_form"]:
            _readdress(work, contact, old)
            before, after = {**before, "status": before.get("status")}, {**after, "status": ContactStatus.INVITED}
    return before, after


def _readdress(work: Work, contact: Row, old: str) -> None:
    contact["status"], contact["password"] = ContactStatus.INVITED, None
    work.end_access(contact.id)
    send(work, Wording.ADDRESS_CHANGED, contact, to=old)
    invite(work, contact, Wording.ACTIVATION_AGAIN)


def open_work(work: Work, contact: Row) -> list[Row]:
    """The open requests of the contact."""
    return work.where("request", t.requests.c.owner == contact.id, t.requests.c.state.in_(OPEN))


def hand_over(work: Work, contact: Row, heir: Row) -> Audited:
    """All open work of the contact, whatever is open now, goes to the heir; each request's own history says so."""
    rules.may_receive(heir.values, contact.values)
    moved = open_work(work, contact)
    for request in moved:
        request["owner"] = heir.id
        work.written(request)
        work.audit(Verb.WORK_MOVED, request, {"owner": contact.id}, {"owner": heir.id})
    if moved:
        listed = [about(work, request) for request in moved]
        send(work, Wording.WORK_RECEIVED, heir, count=len(moved), from_name=contact["name"], requests=listed)
    ids = [request.id for request in moved]
    return {"owner": contact.id, "requests": ids}, {"owner": heir.id, "requests": ids}


def remove(work: Work, contact: Row, heir: Row | None, reason: str, *, with_customer: bool = False) -> Audited:
    """The contact leaves: open work goes to the heir, sessions and tokens end, a tombstone stays."""
    rules.must_live(contact.values)
    before = {"status": contact["status"]}
    after: dict[str, Any] = {"status": ContactStatus.REMOVED, "reason": reason}
    if heir is not None:
        _, moved = hand_over(work, contact, heir)
        after["work_to"] = moved
    elif left := open_work(work, contact):
        raise rules.no_heir([request.values for request in left], contact.id)
    work.end_access(contact.id)
    contact.update(
        status=ContactStatus.REMOVED, address_form=None, password=None, removed=removal(work, reason, with_customer)
    )
    work.touch(contact, "presence")
    return before, after


def removal(work: Work, reason: str, with_customer: bool) -> dict[str, Any]:
    """How and when something was taken out, and until when that can be undone."""
    return {
        "by": work.principal.name, "actor": str(work.principal.actor), "at": work.now,
        "restorable_until": later(work.now, days=rules.RESTORABLE_DAYS), "reason": reason,
        "with_customer": with_customer,
    }  # fmt: skip


def restore(work: Work, contact: Row) -> Audited:
    """A removed contact comes back and is asked to activate again."""
    rules.may_be_restored(contact.values, contact["removed"], work.now)
    customer = work.one("customer", contact["customer"])
    if customer["status"] != CustomerStatus.ACTIVE:
        raise Problem("not-restorable", f"customer '{customer.id}' is archived")
    _key_is_free(work, contact)
    generations.begin_again(work, contact)
    contact.update(status=ContactStatus.INVITED, removed=None, decision=contact["decision"] and "approved")
    take_address(work, contact)
    work.touch(contact, "presence")
    invite(work, contact, Wording.ACTIVATION_AGAIN)
    return {"status": ContactStatus.REMOVED}, {"status": ContactStatus.INVITED}


def _key_is_free(work: Work, contact: Row) -> None:
    if contact["external_key"] is None:
        return
    for other in work.where(
        "contact", t.contacts.c.customer == contact["customer"],
        t.contacts.c.external_key == contact["external_key"], t.contacts.c.status != ContactStatus.REMOVED,
    ):  # fmt: skip
        if other is not contact:
            raise Problem("key-taken", f"the key '{contact['external_key']}' belongs to '{other.id}'")


def resend(work: Work, contact: Row) -> Audited:
    """A new activation link for somebody who has not activated yet."""
    if contact["status"] not in {ContactStatus.INVITED, ContactStatus.LINK_EXPIRED}:
        raise Problem("wrong-state", f"contact '{contact.id}' is {contact['status']}")
    before = {"status": contact["status"]}
    contact["status"] = ContactStatus.INVITED
    work.end_access(contact.id)
    invite(work, contact)
    return before, {"status": ContactStatus.INVITED}
