"""A removed person's data gone for good: what is left names nobody."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy import and_, delete, func, or_, select, update

from reconciler.portal.acts.contacts import Audited
from reconciler.portal.acts.outbox import FORGOTTEN
from reconciler.portal.mail.inert import inert
from reconciler.portal.mail.kinds import MailKind
from reconciler.portal.rules.equality import same_address_form
from reconciler.portal.rules.fields import personal_fields
from reconciler.portal.rules.principals import Actor
from reconciler.portal.rules.problems import Problem
from reconciler.portal.rules.states import ContactStatus
from reconciler.portal.store import tables as t
from reconciler.portal.store.work import Row, Work

PERSONAL: Final = personal_fields("contact")
"""The fields that go, with the values that take their place."""
NAMES_OTHERS = (MailKind.ACCEPTED, MailKind.REGISTERED, MailKind.SUBMITTED, MailKind.WORK_RECEIVED)
"""Mails that say to one person what another did."""


def erase(work: Work, contact: Row) -> Audited:
    """Erase personal fields, password, mails and links; key, life and requests stay.

    A mail to somebody else that names the person keeps its place in the outbox and loses its text
    once it has been sent.
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
    _forget_in_mails(work, contact)
    replacements = {**PERSONAL, "name": pseudonym, "email": f"{pseudonym}@erased.invalid"}
    contact.update(**replacements, touched=touched, password=None, applied=base)
    contact["removed"] = {**(contact["removed"] or {}), "restorable_until": work.now}
    work.flush()
    work.connection.execute(delete(t.sign_ups).where(signed_up))
    for table in (t.outbox, t.links, t.sessions):
        work.connection.execute(delete(table).where(table.c.contact == contact.id))
    work.connection.execute(update(t.files).where(t.files.c.person == contact.id).values(by=pseudonym))
    _forget_in_history(work, contact.id, pseudonym)
    _forget_in_answers(work, contact.id, {**replacements, "touched": touched, "applied": base})
    work.written(contact)
    return {}, {"erased": True}


def _forget_in_mails(work: Work, contact: Row) -> None:
    """Empty sent mails to the address from before there was a contact, and those that name them."""
    c = t.outbox.c
    typed = [contact[name] for name in PERSONAL if isinstance(contact[name], str) and contact[name]]
    texts = {form for text in typed for form in (text, inert(text))}
    named = and_(
        c.kind.in_(NAMES_OTHERS),
        or_(*(c.text.contains(text, autoescape=True) for text in texts)),
    )
    to_them = and_(c.contact.is_(None), func.lower(c.to) == contact["email"].lower())
    sent = c.forget_at.is_not(None)
    work.connection.execute(update(t.outbox).where(sent, or_(to_them, named)).values(**FORGOTTEN))


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


def _forget_in_answers(work: Work, id: str, replacements: Mapping[str, Any]) -> None:
    """Take the person out of answers that are kept in case a request is sent again."""
    c = t.idempotency.c
    about_them = c.body.startswith(f'{{"id":"{id}"', autoescape=True)
    answers = select(c.principal, c.key, c.body).where(about_them)
    for row in work.connection.execute(answers).all():
        answer = {**json.loads(row.body), **replacements}
        body = json.dumps(answer, ensure_ascii=False, separators=(",", ":"))
        one = and_(c.principal == row.principal, c.key == row.key)
        work.connection.execute(update(t.idempotency).where(one).values(body=body))


def _without(values: dict[str, object] | None) -> dict[str, object] | None:
    return values and {name: value for name, value in values.items() if name not in PERSONAL}
