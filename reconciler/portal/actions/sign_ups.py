"""Sign-ups of people without access: sign up, and confirm the address.

No answer lists customers or reveals whether an address or a customer exists. The customer follows
from a registration code, else from the address's domain, else an administrator decides. A mailed
link continues the sign-up, so only the owner of the mailbox can.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from sqlalchemy import Connection, Text, cast, delete, insert, select

from reconciler.portal.actions import attempts, contacts
from reconciler.portal.actions.links import recipient_of
from reconciler.portal.actions.mails import (
    Recipient,
    digest_of,
    queue_mail,
    staff_recipient,
)
from reconciler.portal.actions.people import act_as_self, person_with_address
from reconciler.portal.actions.registrations import register
from reconciler.portal.actions.staff import administrators
from reconciler.portal.mail.kinds import Wording
from reconciler.portal.rules.audit import AuditAction
from reconciler.portal.rules.equality import same_address_form, same_domain_form
from reconciler.portal.rules.problems import Problem
from reconciler.portal.rules.roles import Role
from reconciler.portal.rules.states import ContactStatus, CustomerStatus, SignUp
from reconciler.portal.store import tables as t
from reconciler.portal.store.clock import later
from reconciler.portal.store.unit_of_work import Row, Work

# The kind of links that confirmed an address.
_CONFIRMED: Final = "confirm"
_STATUSES_OF_CONFIRMED: Final[Mapping[str, str]] = {
    ContactStatus.UNAPPROVED: "waiting",
    ContactStatus.INVITED: "invited",
    ContactStatus.LINK_EXPIRED: "invited",
    ContactStatus.ACTIVE: "known",
}
CONFIRM_HOURS: Final = 24
# The name in the history of people without access: their own names may have to be erased.
REGISTRANT: Final = "a registrant"


def sign_up(work: Work, fields: Mapping[str, Any], host: str) -> None:
    """Mail a confirmation link; to an address with access, mail that it has access."""
    check_sign_up_open(work.get("settings", "settings").values)
    form = same_address_form(fields["email"])
    attempts.count_mail_request(work, form, host)
    # the row is also inserted for a known address, so that both answers take as long
    home, secret = _customer(work, form, fields.get("code")), secrets.token_urlsafe(24)
    work.connection.execute(
        insert(t.sign_ups).values(
            digest=digest_of(secret),
            email=fields["email"],
            address_form=form,
            name=fields["name"],
            role=fields["role"],
            language=fields.get("language"),
            customer=home.id if home else None,
            created_at=work.now,
            expires_at=later(work.now, hours=CONFIRM_HOURS),
        )
    )
    holder, link = person_with_address(work, form), f"{work.base_url}/confirm/{secret}"
    if holder is None:
        language = fields.get("language") or (home["language"] if home else "en")
        queue_mail(
            work,
            Wording.CONFIRM,
            Recipient(fields["email"], fields["email"], language),
            link=link,
            hours=CONFIRM_HOURS,
        )
    else:
        _mail_holder(work, holder)


def check_sign_up_open(settings: Mapping[str, Any]) -> None:
    """Raise a `forbidden` problem if sign-up is closed."""
    if settings["sign_up"] == SignUp.CLOSED:
        raise Problem(
            "forbidden", "sign-up is closed; only an administrator can add people"
        )


def _mail_holder(work: Work, holder: Row) -> None:
    wording = (
        Wording.KNOWN if holder["status"] == ContactStatus.ACTIVE else Wording.KNOWN_INVITED
    )
    queue_mail(work, wording, recipient_of(work, holder))


def _customer(work: Work, form: str, code: str | None) -> Row | None:
    """Return the active customer with this code, else the only one with the address's domain."""
    c = t.customers.c
    normal = "".join((code or "").split()).upper()
    if by_code := work.where(
        "customer", c.status == CustomerStatus.ACTIVE, c.registration_code == normal
    ):
        return by_code[0]
    domain = form.rpartition("@")[2]
    has_domains = cast(c.email_domains, Text) != "[]"
    rows = work.connection.execute(
        select(c.id, c.email_domains).where(c.status == CustomerStatus.ACTIVE, has_domains)
    )
    # where several customers share the domain, an administrator decides
    homes = [
        row.id
        for row in rows
        if domain in {same_domain_form(name) for name in row.email_domains}
    ]
    return work.get("customer", homes[0]) if len(homes) == 1 else None


def confirm(work: Work, secret: str) -> str:
    """Return the status of the confirmed sign-up: `waiting`, `invited` or `known` (has access)."""
    pending = _pending_sign_up(work.connection, secret, work.now)
    act_as_self(work, REGISTRANT)
    form = pending["address_form"]
    person = person_with_address(work, form)
    status = "known" if person else "waiting"
    if person is None:
        person = _registration_of(work, form)
    if person is None:
        status, person = _admit_or_register(work, pending)
    _use_up_links(work, form, person)
    return status


def _use_up_links(work: Work, form: str, person: Row) -> None:
    """Delete all sign-ups of the address: another link must not register the person twice.

    Their links stay as used ones, so that a second click tells what became of the sign-up.
    """
    # a link refers to its person by a foreign key, so a new person has to be written first
    work.flush()
    c = t.sign_ups.c
    rows = work.connection.execute(
        select(c.digest, c.expires_at).where(c.address_form == form)
    )
    used_links = [
        {
            "digest": row.digest,
            "kind": _CONFIRMED,
            "expires_at": row.expires_at,
            "used_at": work.now,
            "contact": None,
            "staff": None,
            person.kind: person.id,
        }
        for row in rows
    ]
    work.connection.execute(insert(t.links), used_links)
    work.connection.execute(delete(t.sign_ups).where(c.address_form == form))


def status_behind(connection: Connection, secret: str) -> str | None:
    """Return what became of the sign-up behind a used link, as `confirm` does; None if unknown."""
    c, people = t.links.c, t.contacts.c
    link = connection.execute(
        select(c.contact, c.staff).where(
            c.digest == digest_of(secret), c.kind == _CONFIRMED
        )
    ).first()
    if link is None or link.contact is None:
        return "known" if link else None
    status = connection.execute(
        select(people.status).where(people.id == link.contact)
    ).scalar()
    return _STATUSES_OF_CONFIRMED.get(str(status))


def check_link(connection: Connection, secret: str, now: str) -> None:
    """Raise a `not-found` problem unless the link works; the check does not use it up."""
    _pending_sign_up(connection, secret, now)


def _pending_sign_up(connection: Connection, secret: str, now: str) -> Mapping[str, Any]:
    c = t.sign_ups.c
    statement = select(t.sign_ups).where(c.digest == digest_of(secret), c.expires_at >= now)
    pending = connection.execute(statement).mappings().first()
    if pending is None:
        raise Problem("not-found", "this link no longer works; sign up again")
    return dict(pending)


def _registration_of(work: Work, form: str) -> Row | None:
    c = t.contacts.c
    # registrations have no `address_form`, because they reserve no address
    rows = work.connection.execute(
        select(c.id, c.email).where(c.status == ContactStatus.UNAPPROVED)
    )
    ids = [row.id for row in rows if same_address_form(row.email) == form]
    return work.get("contact", ids[0]) if ids else None


def _admit_or_register(work: Work, pending: Mapping[str, Any]) -> tuple[str, Row]:
    home = work.get("customer", pending["customer"]) if pending["customer"] else None
    if home is not None and home["status"] != CustomerStatus.ACTIVE:
        home = None
    fields = {name: pending[name] for name in ("name", "email", "role", "language")}
    mode = work.get("settings", "settings")["sign_up"]
    if (
        mode == SignUp.OPEN
        and home is not None
        and not _was_here(work, home, pending["address_form"])
    ):
        row = contacts.add(work, home, {**fields, "role": Role.REQUESTER})
        work.audit(
            AuditAction.SIGN_UP,
            row,
            None,
            {"name": row["name"], "status": ContactStatus.INVITED},
        )
        return "invited", row
    row = register(work, home, fields)
    work.audit(AuditAction.SIGN_UP, row, None, {"name": row["name"]})
    for person in administrators(work):
        link = f"{work.base_url}/admin/contacts/{row.id}"
        # stored under the registrant's id, so that erasing the registrant deletes this mail too
        recipient = replace(staff_recipient(person), contact=row.id)
        queue_mail(
            work,
            Wording.REGISTERED,
            recipient,
            who=f"{row['name']} ({row['email']})",
            link=link,
        )
    return "waiting", row


def _was_here(work: Work, home: Row, form: str) -> bool:
    """Return whether a person with this address was removed or rejected: they need an approval."""
    c = t.contacts.c
    rows = work.connection.execute(
        select(c.email).where(c.customer == home.id, c.status == ContactStatus.REMOVED)
    ).scalars()
    return any(same_address_form(email) == form for email in rows)
