"""Acts of a person who has no access yet: sign up, and confirm the address.

Nobody is shown a list of customers, and nobody learns from an answer whether an address or a customer
exists. A registration code, or else the domain of the address, decides the customer; without either the
administrator does. Only the mailbox's owner gets further, by the link that is sent there.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from sqlalchemy import Connection, Text, cast, delete, insert, select

from reconciler.portal.actions import attempts, contacts
from reconciler.portal.actions.links import reader_of
from reconciler.portal.actions.mails import Reader, digest, post, staff_as_reader
from reconciler.portal.actions.people import as_self, with_address
from reconciler.portal.actions.registrations import register
from reconciler.portal.actions.staff import administrators
from reconciler.portal.mail.kinds import Wording
from reconciler.portal.rules.audit import Verb
from reconciler.portal.rules.equality import same_address_form, same_domain_form
from reconciler.portal.rules.problems import Problem
from reconciler.portal.rules.roles import Role
from reconciler.portal.rules.states import ContactStatus, CustomerStatus, SignUp
from reconciler.portal.store import tables as t
from reconciler.portal.store.clock import later
from reconciler.portal.store.unit_of_work import Row, Work

CONFIRM_HOURS: Final = 24
REGISTRANT: Final = "a registrant"
"""How history names people before they have access: their names may have to be forgotten."""


def sign_up(work: Work, wish: Mapping[str, Any], host: str) -> None:
    """Mail the confirming link; to an address that has access already, that it has. The same work for both."""
    must_be_open(work.one("settings", "settings").values)
    form = same_address_form(wish["email"])
    attempts.mail_asked_for(work, form, host)
    home, secret = _customer(work, form, wish.get("code")), secrets.token_urlsafe(24)
    work.connection.execute(
        insert(t.sign_ups).values(
            digest=digest(secret), email=wish["email"], address_form=form, name=wish["name"], role=wish["role"],
            language=wish.get("language"), customer=home.id if home else None, created_at=work.now,
            expires_at=later(work.now, hours=CONFIRM_HOURS),
        )
    )  # fmt: skip
    holder, link = with_address(work, form), f"{work.base_url}/confirm/{secret}"
    if holder is None:
        language = wish.get("language") or (home["language"] if home else "en")
        post(work, Wording.CONFIRM, Reader(wish["email"], wish["email"], language), link=link, hours=CONFIRM_HOURS)
    else:
        _tell_holder(work, holder)


def must_be_open(settings: Mapping[str, Any]) -> None:
    """A `forbidden` problem when people cannot sign up by themselves."""
    if settings["sign_up"] == SignUp.CLOSED:
        raise Problem("forbidden", "sign-up is closed: an administrator adds people")


def _tell_holder(work: Work, holder: Row) -> None:
    wording = Wording.KNOWN if holder["status"] == ContactStatus.ACTIVE else Wording.KNOWN_INVITED
    post(work, wording, reader_of(work, holder))


def _customer(work: Work, form: str, code: str | None) -> Row | None:
    """The active customer whose code this is, else the one that has the address's domain to itself."""
    c = t.customers.c
    normal = "".join((code or "").split()).upper()
    if found := work.where("customer", c.status == CustomerStatus.ACTIVE, c.registration_code == normal):
        return found[0]
    domain = form.rpartition("@")[2]
    named = cast(c.email_domains, Text) != "[]"
    rows = work.connection.execute(select(c.id, c.email_domains).where(c.status == CustomerStatus.ACTIVE, named))
    homes = [row.id for row in rows if domain in {same_domain_form(each) for each in row.email_domains}]
    return work.one("customer", homes[0]) if len(homes) == 1 else None


def confirm(work: Work, secret: str) -> str:
    """What became of the sign-up behind the link: `waiting`, `invited`, or `known` when access was there already."""
    c, wish = t.sign_ups.c, _wish_behind(work.connection, secret, work.now)
    as_self(work, REGISTRANT)
    work.connection.execute(delete(t.sign_ups).where(c.address_form == wish["address_form"]))
    if with_address(work, wish["address_form"]) is not None:
        return "known"
    if _is_waiting(work, wish["address_form"]):
        return "waiting"
    return _let_in_or_wait(work, wish)


def must_work(connection: Connection, secret: str, now: str) -> None:
    """A `not-found` problem unless the confirming link works; looking does not use it up."""
    _wish_behind(connection, secret, now)


def _wish_behind(connection: Connection, secret: str, now: str) -> Mapping[str, Any]:
    c = t.sign_ups.c
    found = select(t.sign_ups).where(c.digest == digest(secret), c.expires_at >= now)
    wish = connection.execute(found).mappings().first()
    if wish is None:
        raise Problem("not-found", "this link does not work any more: sign up again")
    return dict(wish)


def _is_waiting(work: Work, form: str) -> bool:
    c = t.contacts.c
    rows = work.connection.execute(select(c.email).where(c.status == ContactStatus.UNAPPROVED)).scalars()
    return any(same_address_form(email) == form for email in rows)


def _let_in_or_wait(work: Work, wish: Mapping[str, Any]) -> str:
    home = work.one("customer", wish["customer"]) if wish["customer"] else None
    if home is not None and home["status"] != CustomerStatus.ACTIVE:
        home = None
    fields = {name: wish[name] for name in ("name", "email", "role", "language")}
    mode = work.one("settings", "settings")["sign_up"]
    if mode == SignUp.OPEN and home is not None and not _was_here(work, home, wish["address_form"]):
        row = contacts.add(work, home, {**fields, "role": Role.REQUESTER})
        work.audit(Verb.SIGN_UP, row, None, {"name": row["name"], "status": ContactStatus.INVITED})
        return "invited"
    row = register(work, home, fields)
    work.audit(Verb.SIGN_UP, row, None, {"name": row["name"]})
    for person in administrators(work):
        link = f"{work.base_url}/admin/contacts/{row.id}"
        reader = replace(staff_as_reader(person), contact=row.id)  # goes when the registrant is erased
        post(work, Wording.REGISTERED, reader, who=f"{row['name']} ({row['email']})", link=link)
    return "waiting"


def _was_here(work: Work, home: Row, form: str) -> bool:
    """Whether somebody with this address was removed or rejected: such a person does not come back by herself."""
    c = t.contacts.c
    rows = work.connection.execute(
        select(c.email).where(c.customer == home.id, c.status == ContactStatus.REMOVED)
    ).scalars()
    return any(same_address_form(email) == form for email in rows)
