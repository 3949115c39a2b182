"""From a secret to its principal: API tokens, and sessions of people who logged in.

A session ends after `IDLE_MINUTES` without a request, after `HOURS` in any case, and at once when
its person is removed or gets another address or password.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from sqlalchemy import ColumnElement, Connection, Row, insert, select, update

from reconciler.portal.actions.mails import digest_of
from reconciler.portal.actions.tokens import USE_RECORDED_EVERY_MINUTES
from reconciler.portal.rules.equality import same_address_form
from reconciler.portal.rules.principals import (
    KIND_BY_ROLE,
    KIND_BY_SCOPE,
    SYSTEM,
    Actor,
    Principal,
    Scope,
)
from reconciler.portal.rules.problems import Problem
from reconciler.portal.rules.roles import Role
from reconciler.portal.rules.states import ContactStatus, CustomerStatus, StaffStatus
from reconciler.portal.store import tables as t
from reconciler.portal.store.clock import later
from reconciler.portal.store.store import Store
from reconciler.portal.store.unit_of_work import Work

IDLE_MINUTES: Final = 30
HOURS: Final = 12


def principal_of_token(connection: Connection, secret: str, now: str) -> Principal | None:
    """Return the principal of an API token; an `unauthenticated` problem if it has expired."""
    return _token(connection, digest_of(secret), now)


def _token(connection: Connection, proof: str, now: str) -> Principal | None:
    c = t.tokens.c
    row = connection.execute(
        select(t.tokens).where(c.digest == proof, c.ended_at.is_(None))
    ).first()
    if row is None:
        return None
    if row.expires_at <= now:
        raise Problem(
            "unauthenticated", f"this token expired at {row.expires_at}; create a new one"
        )
    scope = Scope(row.scope)
    actor = Actor.RECONCILER if scope is Scope.APPLY else Actor.ADMINISTRATOR
    return Principal(
        row.id,
        row.name,
        actor,
        scope,
        kind=KIND_BY_SCOPE[scope],
        proof=proof,
        owner=row.owner,
        expires_at=row.expires_at,
    )


def principal_of_session(connection: Connection, secret: str, now: str) -> Principal | None:
    """Return the person logged in with this session; None if it ended or access was lost."""
    c = t.sessions.c
    return _session(
        connection,
        digest_of(secret),
        # `used_at` may be minutes old (`record_session_use`): a session can end so much earlier
        c.used_at >= later(now, minutes=-IDLE_MINUTES),
        c.created_at >= later(now, hours=-HOURS),
    )


def _session(
    connection: Connection, proof: str, *criteria: ColumnElement[bool]
) -> Principal | None:
    c = t.sessions.c
    row = connection.execute(
        select(t.sessions).where(c.digest == proof, c.ended_at.is_(None), *criteria)
    ).first()
    if row is None:
        return None
    return (
        _contact(connection, proof, row.contact)
        if row.contact
        else _staff(connection, proof, row.staff)
    )


def _contact(connection: Connection, proof: str, id: str) -> Principal | None:
    contacts_and_customers = t.contacts.join(
        t.customers, t.customers.c.id == t.contacts.c.customer
    )
    row = connection.execute(
        select(t.contacts, t.customers.c.language.label("home_language"))
        .select_from(contacts_and_customers)
        .where(
            t.contacts.c.id == id,
            t.contacts.c.status == ContactStatus.ACTIVE,
            t.customers.c.status == CustomerStatus.ACTIVE,
        )
    ).first()
    if row is None:
        return None
    actor = Actor.MANAGER if row.role == Role.MANAGER else Actor.SELF
    return Principal(
        _session_id(proof),
        row.name,
        actor,
        None,
        row.id,
        row.customer,
        kind=KIND_BY_ROLE[row.role],
        language=row.language or row.home_language,
        proof=proof,
    )


def _staff(connection: Connection, proof: str, id: str) -> Principal | None:
    row: Row[tuple[object, ...]] | None = connection.execute(
        select(t.staff).where(t.staff.c.id == id, t.staff.c.status == StaffStatus.ACTIVE)
    ).first()
    if row is None:
        return None
    return Principal(
        _session_id(proof),
        row.name,
        Actor(row.kind),
        None,
        None,
        None,
        row.id,
        same_address_form(row.email),
        KIND_BY_ROLE[row.kind],
        row.language,
        proof,
    )


def _session_id(proof: str) -> str:
    return f"session:{proof[:16]}"


@contextmanager
def write_as(store: Store, principal: Principal) -> Iterator[Work]:
    """Open a transaction for a principal whose permissions are the same as on admission.

    A body takes time to arrive, and people act at the same time. A principal who was removed
    meanwhile is `unauthenticated`, one whose role changed is `forbidden`. Idleness is not checked
    again, because a long upload is not idle.
    """
    with store.write(principal) as work:
        if principal.proof is not None:
            _check_unchanged(work, principal, principal.proof)
        yield work


def _check_unchanged(work: Work, was: Principal, proof: str) -> None:
    now = (
        _token(work.connection, proof, work.now)
        if was.scope
        else _session(work.connection, proof)
    )
    if now is None:
        raise Problem("unauthenticated", "this session has ended; log in again")
    if (now.kind, now.customer, now.address) != (was.kind, was.customer, was.address):
        raise Problem("forbidden", "your permissions have changed; open the page again")


def begin_session(
    work: Work, *, contact: str | None = None, staff: str | None = None
) -> dict[str, str]:
    """Begin a session of a person; its token is returned only here."""
    token = f"rs_{secrets.token_urlsafe(32)}"
    work.connection.execute(
        insert(t.sessions).values(
            digest=digest_of(token),
            contact=contact,
            staff=staff,
            created_at=work.now,
            used_at=work.now,
            ended_at=None,
        )
    )
    return {"id": digest_of(token)[:16], "token": token}


def record_session_use(store: Store, secret: str) -> None:
    """Record from time to time that a session is in use, so that it does not end as idle."""
    c = t.sessions.c
    stale = later(store.clock(), minutes=-USE_RECORDED_EVERY_MINUTES)
    # most requests find nothing to record, and take no write lock
    with store.read() as connection:
        due = connection.execute(
            select(c.digest).where(c.digest == digest_of(secret), c.used_at < stale)
        ).first()
    if due is not None:
        with store.write(SYSTEM) as work:
            work.connection.execute(
                update(t.sessions)
                .where(c.digest == digest_of(secret))
                .values(used_at=work.now)
            )
