"""Acts of a person on her own access: log in, log out, another password, her name and language."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import or_, update

from reconciler.portal.actions import attempts, contacts, links, staff
from reconciler.portal.actions.contacts import Audited
from reconciler.portal.actions.fields import Fields
from reconciler.portal.actions.known_browsers import known_as
from reconciler.portal.actions.passwords import hashed, must_be_strong, verified
from reconciler.portal.actions.people import as_self, known_of, with_address
from reconciler.portal.actions.sessions import acting, begin
from reconciler.portal.rules.audit import Verb
from reconciler.portal.rules.equality import same_address_form
from reconciler.portal.rules.principals import SYSTEM, Principal
from reconciler.portal.rules.problems import Problem
from reconciler.portal.rules.states import ContactStatus
from reconciler.portal.store import tables as t
from reconciler.portal.store.store import Store
from reconciler.portal.store.unit_of_work import Row, Work

SESSION_ID: Final = 16
"""So many characters of a session's digest are its id."""


@dataclass(frozen=True, slots=True)
class Tried:
    """A password that somebody typed for an address, and whether it was right."""

    form: str
    host: str
    attempts: list[str]
    known: str | None
    kept: str | None
    right: bool

    def forgive(self, work: Work) -> None:
        """Forget the try and the failures before it, for it was right."""
        attempts.forgive(work, self.form, self.host, self.attempts, self.known)


def log_in(store: Store, email: str, password: str, host: str, browser: str = "") -> dict[str, Any]:
    """A new session; the same problem, after the same work, whether address or password is not known.

    `browser`: the mark of a browser that may be known here (`known_browsers`).
    """
    tried = _tried(store, same_address_form(email), password, host, browser=browser)
    if tried.right:
        with store.write(SYSTEM) as work:
            person = with_address(work, tried.form)
            if person and person["password"] == tried.kept and person["status"] == ContactStatus.ACTIVE:
                tried.forgive(work)
                return _session(work, person)
    raise Problem("unauthenticated", "address or password is not right")


def sign_on(store: Store, host: str, prove: Callable[[], str]) -> dict[str, Any]:
    """A new session of the person whose address `prove` returns: somebody whom we trust vouches for it.

    Whoever was invited is active then, for the address is proven as by a mailed link. An `unauthenticated`
    problem when nobody here has the address: nobody comes into being by logging in.
    """
    with store.write(SYSTEM) as work:
        counted = attempts.sign_on_tried(work, host)
    form = same_address_form(prove())  # asks over the network: not within a transaction
    with store.write(SYSTEM) as work:
        person = with_address(work, form)
        if person is None or person["status"] not in {ContactStatus.INVITED, ContactStatus.ACTIVE}:
            raise Problem("unauthenticated", "nobody here logs in with the proven address")
        if person["status"] == ContactStatus.INVITED:
            links.activate(work, person)
        attempts.forgive(work, form, host, counted)
        return _session(work, person)


def _tried(
    store: Store, form: str, password: str, host: str, *, browser: str = "", session: str | None = None
) -> Tried:  # fmt: skip
    """Count the try first, compare then: whoever sends a hundred tries at once is stopped all the same.

    `session`: what proves that the person is logged in already.
    """
    with store.write(SYSTEM) as work:
        person = with_address(work, form)
        known = session or known_as(work, person, browser)
        counted = attempts.password_tried(work, form, host, known)
        kept = person["password"] if person and person["status"] == ContactStatus.ACTIVE else None
    return Tried(form, host, counted, known, kept, verified(kept, password))


def _session(work: Work, person: Row) -> dict[str, Any]:
    return {**begin(work, **{person.kind: person.id}), "contact": None, "staff": None, person.kind: person.id}


def change_password(store: Store, who: Principal, old: str, new: str, host: str) -> dict[str, Any]:
    """Set another password for whoever knows the old one: all her sessions end, and a new one begins."""
    with store.write(SYSTEM) as work:
        person = myself(work, who)
        form, known = same_address_form(person["email"]), tuple(known_of(person))
    tried = _tried(store, form, old, host, session=who.proof)
    if not tried.right:
        raise Problem("forbidden", "the old password is not right")
    must_be_strong(new, known)
    kept = hashed(new)
    with acting(store, who) as work:
        person = myself(work, who)
        if person["password"] != tried.kept:
            raise Problem("forbidden", "the old password is not right")
        as_self(work, person["name"])
        tried.forgive(work)
        person["password"] = kept
        work.end_access(person.id)
        work.audit(Verb.PASSWORD, person, {}, {"password": "changed"})
        return _session(work, person)


def knows_password(store: Store, who: Principal, password: str, host: str) -> bool:
    """Whether this is the person's password: counted as a try, and forgiven when it is."""
    with store.write(SYSTEM) as work:
        form = same_address_form(myself(work, who)["email"])
    tried = _tried(store, form, password, host, session=who.proof)
    if tried.right:
        with store.write(SYSTEM) as work:
            tried.forgive(work)
    return tried.right


def myself(work: Work, who: Principal) -> Row:
    """The row of the person who is logged in."""
    return work.one("contact", who.contact) if who.contact else work.one("staff", who.staff or "")


def edit_myself(work: Work, who: Principal, fields: Fields) -> tuple[Row, Audited]:
    """Another name or language of one's own; the history says that the person did it herself."""
    person = myself(work, who)
    as_self(work, who.name)
    act = contacts.edit if person.kind == "contact" else staff.edit
    return person, act(work, person, fields)


def log_out(work: Work, id: str, person: str) -> None:
    """End a session of this person; nothing when there is none."""
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
