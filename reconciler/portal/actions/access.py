"""Actions of people on their own access: log in, log out, password, name and language."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import or_, update

from reconciler.portal.actions import attempts, contacts, links, staff
from reconciler.portal.actions.contacts import AuditValues
from reconciler.portal.actions.fields import Fields
from reconciler.portal.actions.known_browsers import known_subject
from reconciler.portal.actions.passwords import check_strength, hash_password, is_correct
from reconciler.portal.actions.people import (
    act_as_self,
    person_with_address,
    personal_texts,
)
from reconciler.portal.actions.sessions import begin_session, write_as
from reconciler.portal.rules.audit import AuditAction
from reconciler.portal.rules.equality import same_address_form
from reconciler.portal.rules.principals import SYSTEM, Principal
from reconciler.portal.rules.problems import Problem
from reconciler.portal.rules.states import ContactStatus
from reconciler.portal.store import tables as t
from reconciler.portal.store.store import Store
from reconciler.portal.store.unit_of_work import Row, Work

# The id of a session is this many characters of its digest.
SESSION_ID: Final = 16


@dataclass(frozen=True, slots=True)
class PasswordAttempt:
    """A counted attempt to enter a password for an address, and whether the password was right."""

    form: str
    host: str
    attempt_ids: list[str]
    proof: str | None
    password_hash: str | None
    right: bool

    def clear_failures(self, work: Work) -> None:
        """Clear this attempt and the failures before it, because the password was right."""
        attempts.clear_failures(work, self.form, self.host, self.attempt_ids, self.proof)


def log_in(
    store: Store, email: str, password: str, host: str, browser: str = ""
) -> dict[str, Any]:
    """Return a new session.

    An unknown address and a wrong password give the same problem after the same work. `browser` is
    the mark of a browser that may be known (`known_browsers`).
    """
    attempt = _try_password(
        store, same_address_form(email), password, host, browser=browser
    )
    if attempt.right:
        with store.write(SYSTEM) as work:
            person = person_with_address(work, attempt.form)
            # the comparison took a while without a lock: the person may have changed meanwhile
            if (
                person
                and person["password"] == attempt.password_hash
                and person["status"] == ContactStatus.ACTIVE
            ):
                attempt.clear_failures(work)
                return _session(work, person)
    raise Problem("unauthenticated", "wrong address or password")


def sign_on(store: Store, host: str, prove: Callable[[], str]) -> dict[str, Any]:
    """Return a new session of the person whose address an identity provider proves.

    An invited person becomes active, because the address is proven as it would be by a mailed link.
    An unknown address is an `unauthenticated` problem: logging in creates nobody.
    """
    with store.write(SYSTEM) as work:
        attempt_ids = attempts.count_sign_on(work, host)
    # the provider is asked over the network: a transaction would lock all writers meanwhile
    form = same_address_form(prove())
    with store.write(SYSTEM) as work:
        person = person_with_address(work, form)
        if person is None or person["status"] not in {
            ContactStatus.INVITED,
            ContactStatus.ACTIVE,
        }:
            raise Problem(
                "unauthenticated", "no user has the address that the provider vouched for"
            )
        if person["status"] == ContactStatus.INVITED:
            links.activate(work, person)
        attempts.clear_failures(work, form, host, attempt_ids)
        return _session(work, person)


def _try_password(
    store: Store,
    form: str,
    password: str,
    host: str,
    *,
    browser: str = "",
    session: str | None = None,
) -> PasswordAttempt:
    """Return the attempt, counted before the password is compared.

    Counting first stops a caller that sends a hundred attempts at once. `session` proves that the
    person is already logged in.
    """
    with store.write(SYSTEM) as work:
        person = person_with_address(work, form)
        proof = session or known_subject(work, person, browser)
        attempt_ids = attempts.count_password_attempt(work, form, host, proof)
        password_hash = (
            person["password"]
            if person and person["status"] == ContactStatus.ACTIVE
            else None
        )
    return PasswordAttempt(
        form, host, attempt_ids, proof, password_hash, is_correct(password_hash, password)
    )


def _session(work: Work, person: Row) -> dict[str, Any]:
    return {
        **begin_session(work, **{person.kind: person.id}),
        "contact": None,
        "staff": None,
        person.kind: person.id,
    }


def change_password(
    store: Store, principal: Principal, old: str, new: str, host: str
) -> dict[str, Any]:
    """Set a new password for a person who knows the old one; return a new session.

    All other sessions end.
    """
    with store.write(SYSTEM) as work:
        person = own_row(work, principal)
        form, personal = same_address_form(person["email"]), tuple(personal_texts(person))
    attempt = _try_password(store, form, old, host, session=principal.proof)
    if not attempt.right:
        raise Problem("forbidden", "the old password is wrong")
    check_strength(new, personal)
    # hashing is slow on purpose, so it runs before the transaction that all writers wait for
    password_hash = hash_password(new)
    with write_as(store, principal) as work:
        person = own_row(work, principal)
        if person["password"] != attempt.password_hash:
            raise Problem("forbidden", "the old password is wrong")
        act_as_self(work, person["name"])
        attempt.clear_failures(work)
        person["password"] = password_hash
        # also this session; the new one begins afterwards, so it stays
        work.end_access(person.id)
        work.audit(AuditAction.PASSWORD, person, {}, {"password": "changed"})
        return _session(work, person)


def knows_password(store: Store, principal: Principal, password: str, host: str) -> bool:
    """Return whether this is the person's password; a correct attempt is not counted."""
    with store.write(SYSTEM) as work:
        form = same_address_form(own_row(work, principal)["email"])
    attempt = _try_password(store, form, password, host, session=principal.proof)
    if attempt.right:
        with store.write(SYSTEM) as work:
            attempt.clear_failures(work)
    return attempt.right


def own_row(work: Work, principal: Principal) -> Row:
    """Return the row of the person who is logged in."""
    return (
        work.get("contact", principal.contact)
        if principal.contact
        else work.get("staff", principal.staff or "")
    )


def edit_own_row(
    work: Work, principal: Principal, fields: Fields
) -> tuple[Row, AuditValues]:
    """Change one's own name or language; the history names the person as the actor."""
    person = own_row(work, principal)
    act_as_self(work, principal.name)
    edit = contacts.edit if person.kind == "contact" else staff.edit
    return person, edit(work, person, fields)


def log_out(work: Work, id: str, person: str) -> None:
    """End one session of this person; do nothing if it does not exist."""
    # a shorter text is the beginning of several digests, an empty one of all
    if len(id) == SESSION_ID:
        _end(work, person, t.sessions.c.digest.startswith(id, autoescape=True))


def log_out_everywhere(work: Work, person: str) -> None:
    """End all sessions of this person."""
    _end(work, person)


def _end(work: Work, person: str, *criteria: Any) -> None:
    c = t.sessions.c
    work.connection.execute(
        update(t.sessions)
        .where(or_(c.contact == person, c.staff == person), c.ended_at.is_(None), *criteria)
        .values(ended_at=work.now)
    )
