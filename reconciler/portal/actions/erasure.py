"""The erasure of a removed person's data: nothing that remains names the person."""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import and_, delete, func, select, update

from reconciler.portal.actions.contacts import AuditValues
from reconciler.portal.actions.outbox import EMPTIED_COLUMNS
from reconciler.portal.actions.redaction import redact_history, redact_tables
from reconciler.portal.mail.inert import inert
from reconciler.portal.mail.kinds import MailKind
from reconciler.portal.rules.chain import ERASED_VALUES, pseudonym
from reconciler.portal.rules.equality import same_address_form
from reconciler.portal.rules.erasure import Erasure, texts_in
from reconciler.portal.rules.fields import personal_fields
from reconciler.portal.rules.principals import Actor
from reconciler.portal.rules.problems import Problem
from reconciler.portal.rules.registrations import fingerprint
from reconciler.portal.rules.states import ContactStatus
from reconciler.portal.store import tables as t
from reconciler.portal.store.unit_of_work import Row, Work

# The fields that are erased, with their replacement values.
PERSONAL: Final = personal_fields("contact")

# Kinds of mails to people who are not contacts yet.
_KINDS_BEFORE_ACCESS: Final = (MailKind.CONFIRM, MailKind.KNOWN)


def erase(work: Work, contact: Row) -> AuditValues:
    """Erase every name and address that the person ever had; also password, mails and links.

    Key, life and requests stay. The entry in the history lists the erased values, not the person.
    """
    if contact["status"] != ContactStatus.REMOVED:
        raise Problem(
            "wrong-state", f"contact '{contact.id}' is {contact['status']}: remove it first"
        )
    # first, because the next steps empty the columns that it reads
    erasure = _erasure_of(work, contact)
    _empty_row(work, contact, erasure)
    _delete_mails(work, contact, erasure)
    redact_tables(work, erasure)
    value_names = redact_history(work, erasure)
    work.count_version(contact)
    work.vacuum_afterwards()
    return {}, {"erased": True, ERASED_VALUES: value_names}


def _erasure_of(work: Work, contact: Row) -> Erasure:
    """Return every name and address that the person has, had, acted under or signed up with."""
    name, c, s = pseudonym(contact.id), t.changes.c, t.sign_ups.c
    # RFC 2606: no mailbox can ever be below .invalid
    replaced = {**PERSONAL, "name": name, "email": f"{name}@erased.invalid"}
    work.flush()
    acts = (
        work.connection.execute(select(c.by).distinct().where(c.person == contact.id))
        .scalars()
        .all()
    )
    past = work.connection.execute(
        select(c.before, c.after).where(c.id == contact.id)
    ).all()
    values = [
        contact.values,
        (contact["applied"] or {}).get("fields"),
        *(side for row in past for side in row),
    ]
    texts = texts_in(values, PERSONAL) | set(acts)
    texts |= {
        touch["by"] for touch in contact["touched"].values() if touch["actor"] == Actor.SELF
    }
    forms = {same_address_form(text) for text in texts if "@" in text}
    wishes = work.connection.execute(
        select(s.name, s.email).where(s.address_form.in_(forms))
    )
    texts |= {text for row in wishes for text in row}
    texts |= {inert(text) for text in texts}
    return Erasure(contact.id, name, frozenset(texts - set(replaced.values())), replaced)


def _empty_row(work: Work, contact: Row, erasure: Erasure) -> None:
    """Replace the personal values in the contact's own row by the pseudonym."""
    applied = contact["applied"] and {
        **contact["applied"],
        "fields": {
            name: value
            for name, value in contact["applied"]["fields"].items()
            if name not in PERSONAL
        },
    }
    touched = {
        name: {**touch, "by": erasure.pseudonym} if touch["actor"] == Actor.SELF else touch
        for name, touch in contact["touched"].items()
    }
    contact.update(**erasure.replaced, touched=touched, password=None, applied=applied)
    # nothing is left to restore
    contact["removed"] = {**(contact["removed"] or {}), "restorable_until": work.now}
    # the fingerprint hashes a few guessable values, so it would confirm a guess
    if contact["fingerprint"]:
        home = (
            work.get("customer", contact["customer"])["name"]
            if contact["customer"]
            else None
        )
        contact["fingerprint"] = fingerprint(contact.values, home)
    work.flush()


def _delete_mails(work: Work, contact: Row, erasure: Erasure) -> None:
    """Delete the mails, links and sessions of the person, and their unconfirmed sign-ups."""
    forms: Any = {same_address_form(text) for text in erasure.texts if "@" in text}
    work.connection.execute(delete(t.sign_ups).where(t.sign_ups.c.address_form.in_(forms)))
    for table in (t.outbox, t.links, t.sessions):
        work.connection.execute(delete(table).where(table.c.contact == contact.id))
    c, addresses = (
        t.outbox.c,
        sorted({text.lower() for text in erasure.texts if "@" in text}),
    )
    before = and_(
        c.contact.is_(None),
        c.kind.in_(_KINDS_BEFORE_ACCESS),
        func.lower(c.to).in_(addresses),
    )
    # without `forget_at` a mail was not sent yet: emptied, it would still be sent
    work.connection.execute(delete(t.outbox).where(before, c.forget_at.is_(None)))
    work.connection.execute(update(t.outbox).where(before).values(**EMPTIED_COLUMNS))
