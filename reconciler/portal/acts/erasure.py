"""A removed person's data gone for good: what is left names nobody."""

from __future__ import annotations

from sqlalchemy import delete, select, update

from reconciler.portal.acts.contacts import Audited
from reconciler.portal.rules.problems import Problem
from reconciler.portal.store import tables as t
from reconciler.portal.store.work import Row, Work

PERSONAL = frozenset({"name", "email"})


def erase(work: Work, contact: Row) -> Audited:
    """Name, address, password, mails and links are gone; key, generation and requests stay without them."""
    if contact["status"] != "removed":
        raise Problem("wrong-state", f"contact '{contact.id}' is {contact['status']}: remove it first")
    pseudonym = f"erased-{contact.id[-8:]}"
    base = contact["applied"] and {
        **contact["applied"],
        "fields": {name: value for name, value in contact["applied"]["fields"].items() if name not in PERSONAL},
    }
    contact.update(name=pseudonym, email=f"{pseudonym}@erased.invalid", password=None, applied=base)
    contact["removed"] = {**(contact["removed"] or {}), "restorable_until": work.now}
    work.flush()
    for table in (t.outbox, t.links, t.sessions):
        work.connection.execute(delete(table).where(table.c.contact == contact.id))
    work.connection.execute(update(t.files).where(t.files.c.person == contact.id).values(by=pseudonym))
    _forget_in_history(work, contact.id)
    work.written(contact)
    return {}, {"erased": True}


def _forget_in_history(work: Work, id: str) -> None:
    c = t.changes.c
    for row in work.connection.execute(select(c.revision, c.seq, c.before, c.after).where(c.id == id)).all():
        kept = {"before": _without(row.before), "after": _without(row.after)}
        work.connection.execute(update(t.changes).where(c.revision == row.revision, c.seq == row.seq).values(**kept))


def _without(values: dict[str, object] | None) -> dict[str, object] | None:
    return values and {name: value for name, value in values.items() if name not in PERSONAL}
