"""From a secret to who holds it: tokens of the API, and sessions of people who logged in.

A session ends after `IDLE_MINUTES` without a request, after `HOURS` in any case, and at once when its
person is removed, gets another address or another password.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from sqlalchemy import ColumnElement, Connection, Row, insert, select, update

from reconciler.portal.actions.mails import digest
from reconciler.portal.actions.tokens import NOTED_EVERY_MINUTES
from reconciler.portal.rules.equality import same_address_form
from reconciler.portal.rules.principals import SYSTEM, WHO_BY_ROLE, WHO_BY_SCOPE, Actor, Principal, Scope
from reconciler.portal.rules.problems import Problem
from reconciler.portal.rules.roles import Role
from reconciler.portal.rules.states import ContactStatus, CustomerStatus, StaffStatus
from reconciler.portal.store import tables as t
from reconciler.portal.store.clock import later
from reconciler.portal.store.store import Store
from reconciler.portal.store.unit_of_work import Work

IDLE_MINUTES: Final = 30
HOURS: Final = 12


def by_token(connection: Connection, secret: str, now: str) -> Principal | None:
    """Whose API token this is; an `unauthenticated` problem when it has expired."""
    return _token(connection, digest(secret), now)


def _token(connection: Connection, proof: str, now: str) -> Principal | None:
    c = t.tokens.c
    row = connection.execute(select(t.tokens).where(c.digest == proof, c.ended_at.is_(None))).first()
    if row is None:
        return None
    if row.expires_at <= now:
        raise Problem("unauthenticated", f"this token expired at {row.expires_at}: make a new one")
    scope = Scope(row.scope)
    actor = Actor.RECONCILER if scope is Scope.APPLY else Actor.ADMINISTRATOR
    return Principal(
        row.id, row.name, actor, scope, who=WHO_BY_SCOPE[scope], proof=proof, owner=row.owner, expires_at=row.expires_at
    )


def by_session(connection: Connection, secret: str, now: str) -> Principal | None:
    """Who is logged in with this session; None when it ended, or its person may not be here any more."""
    c = t.sessions.c
    return _session(
        connection, digest(secret), c.used_at >= later(now, minutes=-IDLE_MINUTES),
        c.created_at >= later(now, hours=-HOURS),
    )  # fmt: skip


def _session(connection: Connection, proof: str, *criteria: ColumnElement[bool]) -> Principal | None:
    c = t.sessions.c
    row = connection.execute(select(t.sessions).where(c.digest == proof, c.ended_at.is_(None), *criteria)).first()
    if row is None:
        return None
    return _contact(connection, proof, row.contact) if row.contact else _staff(connection, proof, row.staff)


def _contact(connection: Connection, proof: str, id: str) -> Principal | None:
    joined = t.contacts.join(t.customers, t.customers.c.id == t.contacts.c.customer)
    row = connection.execute(
        select(t.contacts, t.customers.c.language.label("home_language")).select_from(joined)
        .where(t.contacts.c.id == id, t.contacts.c.status == ContactStatus.ACTIVE, t.customers.c.status == CustomerStatus.ACTIVE)
    ).first()  # fmt: skip
    if row is None:
        return None
    actor = Actor.MANAGER if row.role == Role.MANAGER else Actor.SELF
    return Principal(
        _session_id(proof), row.name, actor, None, row.id, row.customer, who=WHO_BY_ROLE[row.role],
        language=row.language or row.home_language, proof=proof,
    )  # fmt: skip


def _staff(connection: Connection, proof: str, id: str) -> Principal | None:
    row: Row[tuple[object, ...]] | None = connection.execute(
        select(t.staff).where(t.staff.c.id == id, t.staff.c.status == StaffStatus.ACTIVE)
    ).first()
    if row is None:
        return None
    return Principal(
        _session_id(proof), row.name, Actor(row.kind), None, None, None, row.id, same_address_form(row.email),
        WHO_BY_ROLE[row.kind], row.language, proof,
    )  # fmt: skip


def _session_id(proof: str) -> str:
    return f"session:{proof[:16]}"


@contextmanager
def acting(store: Store, principal: Principal) -> Iterator[Work]:
    """A transaction of somebody who still is who was let in.

    A body may take its time, and two people may act on each other at once: who was removed meanwhile is
    `unauthenticated`, and whose role changed is `forbidden`, before anything is done. Idleness is not asked
    about again, for a long upload is none.
    """
    with store.write(principal) as work:
        if principal.proof is not None:
            _must_stand(work, principal, principal.proof)
        yield work


def _must_stand(work: Work, was: Principal, proof: str) -> None:
    now = _token(work.connection, proof, work.now) if was.scope else _session(work.connection, proof)
    if now is None:
        raise Problem("unauthenticated", "this session has ended meanwhile: log in")
    if (now.who, now.customer, now.address) != (was.who, was.customer, was.address):
        raise Problem("forbidden", "what you may do here has changed meanwhile: open the page again")


def begin(work: Work, *, contact: str | None = None, staff: str | None = None) -> dict[str, str]:
    """A new session of a person; its token is seen this once."""
    token = f"rs_{secrets.token_urlsafe(32)}"
    work.connection.execute(
        insert(t.sessions).values(
            digest=digest(token), contact=contact, staff=staff, created_at=work.now, used_at=work.now, ended_at=None
        )
    )
    return {"id": digest(token)[:16], "token": token}


def note_use(store: Store, secret: str) -> None:
    """Remember that a session is in use, now and then, so that it does not end from idleness."""
    c = t.sessions.c
    stale = later(store.clock(), minutes=-NOTED_EVERY_MINUTES)
    with store.read() as connection:
        due = connection.execute(select(c.digest).where(c.digest == digest(secret), c.used_at < stale)).first()
    if due is not None:
        with store.write(SYSTEM) as work:
            work.connection.execute(update(t.sessions).where(c.digest == digest(secret)).values(used_at=work.now))
