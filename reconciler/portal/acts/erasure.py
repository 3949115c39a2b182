"""A removed person's data gone for good: what is left names nobody."""

from __future__ import annotations

from sqlalchemy import and_, delete, func, or_, select, update

from reconciler.portal.acts.contacts import Audited
from reconciler.portal.acts.outbox import FORGOTTEN
from reconciler.portal.mail.kinds import MailKind
from reconciler.portal.rules.equality import same_address_form
from reconciler.portal.rules.principals import Actor
from reconciler.portal.rules.problems import Problem
from reconciler.portal.rules.states import ContactStatus
from reconciler.portal.store import tables as t
from reconciler.portal.store.work import Row, Work

PERSONAL = frozenset({"name", "email"})
NAMES_OTHERS = (MailKind.ACCEPTED, MailKind.REGISTERED, MailKind.SUBMITTED, MailKind.WORK_RECEIVED)
"""Mails that say to one person what another did."""


def erase(work: Work, contact: Row) -> Audited:
    """Name, address, password, mails and links are gone; key, life and requests stay without them.

    Mails to others that name her keep their place in the outbox and lose what they say, once they have left.
    """
    if contact["status"] != ContactStatus.REMOVED:
        raise Problem("wrong-state", f"contact '{contact.id}' is {contact['status']}: remove it first")
    pseudonym = f"erased-{contact.id[-8:]}"
    base = contact["applied"] and {
        **contact["applied"],
        "fields": {name: value for name, value in contact["applied"]["fields"].items() if name not in PERSONAL},
    }
    touched = {
        name: {**touch, "by": pseudonym} if touch["actor"] == Actor.SELF else touch
        for name, touch in contact["touched"].items()
    }
    signed_up = t.sign_ups.c.address_form == same_address_form(contact["email"])
    _forget_in_mails(work, contact["name"], contact["email"])
    contact.update(touched=touched, name=pseudonym, email=f"{pseudonym}@erased.invalid", password=None, applied=base)
    contact["removed"] = {**(contact["removed"] or {}), "restorable_until": work.now}
    work.flush()
    work.connection.execute(delete(t.sign_ups).where(signed_up))
    for table in (t.outbox, t.links, t.sessions):
        work.connection.execute(delete(table).where(table.c.contact == contact.id))
    work.connection.execute(update(t.files).where(t.files.c.person == contact.id).values(by=pseudonym))
    _forget_in_history(work, contact.id, pseudonym)
    work.written(contact)
    return {}, {"erased": True}


def _forget_in_mails(work: Work, name: str, email: str) -> None:
    """Mails that left and went to the address, from before there was a contact, or name the person in their text."""
    c = t.outbox.c
    said = or_(c.text.contains(name, autoescape=True), c.text.contains(email, autoescape=True))
    named, to_her = and_(c.kind.in_(NAMES_OTHERS), said), and_(c.contact.is_(None), func.lower(c.to) == email.lower())
    work.connection.execute(update(t.outbox).where(c.forget_at.is_not(None), or_(to_her, named)).values(**FORGOTTEN))


def _forget_in_history(work: Work, id: str, pseudonym: str) -> None:
    c = t.changes.c
    work.connection.execute(update(t.changes).where(c.person == id).values(by=pseudonym))
    for row in work.connection.execute(
        select(c.revision, c.seq, c.by, c.actor, c.before, c.after).where(c.id == id)
    ).all():
        kept = {
            "before": _without(row.before), "after": _without(row.after),
            "by": pseudonym if row.actor == Actor.SELF else row.by,
        }  # fmt: skip
        work.connection.execute(update(t.changes).where(c.revision == row.revision, c.seq == row.seq).values(**kept))


def _without(values: dict[str, object] | None) -> dict[str, object] | None:
    return values and {name: value for name, value in values.items() if name not in PERSONAL}
