"""Mailed links for setting a password: the first one (`activation`) or a new one (`reset`).

Opening a link does not use it up, because mail scanners open every link. Setting the password does.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy import Connection, or_, select, update

from reconciler.portal.actions import attempts
from reconciler.portal.actions.known_browsers import known_subject
from reconciler.portal.actions.mails import (
    Recipient,
    compose_mail,
    contact_recipient,
    digest_of,
    new_link,
    staff_recipient,
)
from reconciler.portal.actions.passwords import check_strength, hash_password
from reconciler.portal.actions.people import act_as_self, person_with_address
from reconciler.portal.mail.kinds import Wording
from reconciler.portal.rules.audit import AuditAction
from reconciler.portal.rules.equality import same_address_form
from reconciler.portal.rules.problems import Problem
from reconciler.portal.rules.states import ContactStatus
from reconciler.portal.store import tables as t
from reconciler.portal.store.clock import later
from reconciler.portal.store.store import Store
from reconciler.portal.store.unit_of_work import Row, Work

RESET_MINUTES: Final = 10
# The statuses of people for which each kind of link works.
_STATUSES_BY_KIND: Final = {
    "activation": {ContactStatus.INVITED, ContactStatus.ACTIVE},
    "reset": {ContactStatus.ACTIVE},
}
_REASONS_BY_STATUS: Final[Mapping[str, str]] = {
    ContactStatus.ACTIVE: "active",
    ContactStatus.INVITED: "expired",
    ContactStatus.LINK_EXPIRED: "expired",
}


def person_behind(
    connection: Connection, kind: str, secret: str, now: str
) -> Mapping[str, Any]:
    """Return the person that a link belongs to; a `not-found` problem if it does not work."""
    link = _link(connection, kind, secret)
    if link is None or link["used_at"] is not None or link["expires_at"] < now:
        raise _dead_link()
    person = _person(connection, link)
    if person is None or person["status"] not in _STATUSES_BY_KIND[kind]:
        raise _dead_link()
    return person


def dead_link(
    connection: Connection, kind: str, secret: str, now: str
) -> tuple[str, Mapping[str, Any]] | None:
    """Return why a link does not work, and its person; None if the portal does not know.

    `active`: the password is set. `replaced`: a newer link works. `expired`: none does. Only the
    owner of the mailbox has the secret, so the reason may be told.
    """
    link = _link(connection, kind, secret)
    person = _person(connection, link) if link else None
    if person is None or person["status"] not in _REASONS_BY_STATUS:
        return None
    c = t.links.c
    working = select(c.digest).where(
        or_(c.contact == person["id"], c.staff == person["id"]),
        c.kind == kind,
        c.used_at.is_(None),
        c.expires_at >= now,
    )
    reason = _REASONS_BY_STATUS[person["status"]]
    if reason == "expired" and connection.execute(working).first():
        reason = "replaced"
    return reason, person


def hash_new_password(store: Store, kind: str, secret: str, password: str) -> str:
    """Return the hash of a new password after checking its strength; nothing is written.

    Links that do not work cost no hashing. `set_password` checks the link again.
    """
    with store.read() as connection:
        person = person_behind(connection, kind, secret, store.clock())
    check_strength(password, (person["name"], person["email"]))
    return hash_password(password)


def set_password(work: Work, kind: str, secret: str, password_hash: str, host: str) -> Row:
    """Set the password of the link's owner. The link works once and ends all their other links."""
    person = person_behind(work.connection, kind, secret, work.now)
    row = work.get("contact" if "customer" in person else "staff", person["id"])
    work.connection.execute(
        update(t.links)
        .where(t.links.c.digest == digest_of(secret))
        .values(used_at=work.now)
    )
    attempts.clear_failures(work, same_address_form(row["email"]), host)
    row["password"] = password_hash
    if kind == "activation":
        activate(work, row)
        return row
    act_as_self(work, row["name"])
    # whoever knew the old password is logged out
    work.end_access(row.id)
    _end_links(work, row)
    work.audit(AuditAction.RESET, row, {}, {"password": "changed"})
    return row


def activate(work: Work, person: Row) -> None:
    """Make the person active, by their own action, and end their unused links."""
    act_as_self(work, person["name"])
    before, person["status"] = person["status"], ContactStatus.ACTIVE
    _end_links(work, person)
    work.audit(
        AuditAction.ACTIVATE, person, {"status": before}, {"status": ContactStatus.ACTIVE}
    )


def _end_links(work: Work, person: Row) -> None:
    c = t.links.c
    work.connection.execute(
        update(t.links)
        .where(c[person.kind] == person.id, c.used_at.is_(None))
        .values(used_at=work.now)
    )


def ask_for_reset(work: Work, email: str, host: str, browser: str = "") -> None:
    """Mail a reset link to the person with this address; nobody learns whether there is one.

    Every address costs the same work: a link is created and a mail composed, but only a person's
    mail is sent. `browser` is the mark of a known browser, whose mails nobody elsewhere can use up.
    """
    form = same_address_form(email)
    person = person_with_address(work, form)
    attempts.count_mail_request(work, form, host, known_subject(work, person, browser))
    active = person if person and person["status"] == ContactStatus.ACTIVE else None
    secret = new_link(work, "reset", later(work.now, minutes=RESET_MINUTES), active)
    recipient = recipient_of(work, person) if person else Recipient(email, email, "en")
    wording = Wording.RESET if active or not person else Wording.KNOWN_INVITED
    mail = compose_mail(
        work,
        wording,
        recipient,
        link=f"{work.base_url}/reset/{secret}",
        minutes=RESET_MINUTES,
    )
    if person:
        work.mail(lambda: mail)


def recipient_of(work: Work, person: Row) -> Recipient:
    """Return the person as the recipient of a mail."""
    return (
        contact_recipient(work, person)
        if person.kind == "contact"
        else staff_recipient(person)
    )


def _link(connection: Connection, kind: str, secret: str) -> Mapping[str, Any] | None:
    c = t.links.c
    row = (
        connection.execute(
            select(t.links).where(c.digest == digest_of(secret), c.kind == kind)
        )
        .mappings()
        .first()
    )
    return dict(row) if row else None


def _person(connection: Connection, link: Mapping[str, Any]) -> Mapping[str, Any] | None:
    table, id = (
        (t.contacts, link["contact"]) if link["contact"] else (t.staff, link["staff"])
    )
    row = (
        connection.execute(select(table).where(table.c.id == (id or ""))).mappings().first()
    )
    return dict(row) if row else None


def _dead_link() -> Problem:
    # one problem for all reasons: an answer must not tell a guess from an expired link
    return Problem("not-found", "this link no longer works")
