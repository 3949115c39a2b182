"""Links in mails behind which a password is set: the first one (`activation`), or a new one (`reset`).

Looking at a link does not use it up, for mail scanners look at all of them; setting the password does.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy import Connection, delete, select, update

from reconciler.portal.actions import attempts
from reconciler.portal.actions.known_browsers import known_as
from reconciler.portal.actions.mails import Reader, contact_as_reader, digest, new_link, post_unsent, staff_as_reader
from reconciler.portal.actions.passwords import hashed, must_be_strong
from reconciler.portal.actions.people import as_self, with_address
from reconciler.portal.mail.kinds import Wording
from reconciler.portal.rules.audit import Verb
from reconciler.portal.rules.equality import same_address_form
from reconciler.portal.rules.problems import Problem
from reconciler.portal.rules.states import ContactStatus
from reconciler.portal.store import tables as t
from reconciler.portal.store.clock import later
from reconciler.portal.store.store import Store
from reconciler.portal.store.unit_of_work import Row, Work

RESET_MINUTES: Final = 10
_OPENS_FOR: Final = {
    "activation": {ContactStatus.INVITED, ContactStatus.ACTIVE},
    "reset": {ContactStatus.ACTIVE},
}
"""For people of which states each kind of link works."""


def behind(connection: Connection, kind: str, secret: str, now: str) -> Mapping[str, Any]:
    """Name, address and status of the person to whom a link opens now; a `not-found` problem when it opens nothing."""
    found = _known(connection, kind, secret)
    if found is None or found["used_at"] is not None or found["expires_at"] < now:
        raise _useless()
    person = _person(connection, found)
    if person is None or person["status"] not in _OPENS_FOR[kind]:
        raise _useless()
    return person


def judged(store: Store, kind: str, secret: str, password: str) -> str:
    """What will be kept of the password, once it is good enough; nothing is written yet.

    Links that do not work cost no hashing. Whether a link still works is judged again when it is used.
    """
    with store.read() as connection:
        person = behind(connection, kind, secret, store.clock())
    must_be_strong(password, (person["name"], person["email"]))
    return hashed(password)


def use(work: Work, kind: str, secret: str, kept: str, host: str) -> Row:
    """Set the password of the person to whom the link was sent. A link works once, and it is the last one then."""
    person = behind(work.connection, kind, secret, work.now)
    row = work.one("contact" if "customer" in person else "staff", person["id"])
    work.connection.execute(update(t.links).where(t.links.c.digest == digest(secret)).values(used_at=work.now))
    attempts.forgive(work, same_address_form(row["email"]), host)
    row["password"] = kept
    if kind == "activation":
        activate(work, row)
        return row
    as_self(work, row["name"])
    work.end_access(row.id)
    _end_links(work, row)
    work.audit(Verb.RESET, row, {}, {"password": "changed"})
    return row


def activate(work: Work, person: Row) -> None:
    """The person is in from here on, by an act of her own; links to her that nobody used open nothing any more."""
    as_self(work, person["name"])
    before, person["status"] = person["status"], ContactStatus.ACTIVE
    _end_links(work, person)
    work.audit(Verb.ACTIVATE, person, {"status": before}, {"status": ContactStatus.ACTIVE})


def _end_links(work: Work, person: Row) -> None:
    c = t.links.c
    work.connection.execute(delete(t.links).where(c[person.kind] == person.id, c.used_at.is_(None)))


def ask_for_reset(work: Work, email: str, host: str, browser: str = "") -> None:
    """Mail a link to whoever logs in with this address; nobody learns whether there is somebody.

    The same work is done for everybody: a link is made, a mail is written. Only that of a person leaves.
    `browser`: the mark of a browser that may be known here, which nobody elsewhere can use up the mails of.
    """
    form = same_address_form(email)
    person = with_address(work, form)
    attempts.mail_asked_for(work, form, host, known_as(work, person, browser))
    active = person if person and person["status"] == ContactStatus.ACTIVE else None
    secret = new_link(work, "reset", later(work.now, minutes=RESET_MINUTES), active)
    reader = reader_of(work, person) if person else Reader(email, email, "en")
    wording = Wording.RESET if active or not person else Wording.KNOWN_INVITED
    mail = post_unsent(work, wording, reader, link=f"{work.base_url}/reset/{secret}", minutes=RESET_MINUTES)
    if person:
        work.mail(mail)


def reader_of(work: Work, person: Row) -> Reader:
    """The person as the reader of a mail."""
    return contact_as_reader(work, person) if person.kind == "contact" else staff_as_reader(person)


def _known(connection: Connection, kind: str, secret: str) -> Mapping[str, Any] | None:
    c = t.links.c
    row = connection.execute(select(t.links).where(c.digest == digest(secret), c.kind == kind)).mappings().first()
    return dict(row) if row else None


def _person(connection: Connection, link: Mapping[str, Any]) -> Mapping[str, Any] | None:
    table, id = (t.contacts, link["contact"]) if link["contact"] else (t.staff, link["staff"])
    row = connection.execute(select(table).where(table.c.id == (id or ""))).mappings().first()
    return dict(row) if row else None


def _useless() -> Problem:
    return Problem("not-found", "this link does not work any more")
