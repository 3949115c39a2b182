"""The use of the portal: counts over all customers, for administrators."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, Select, case, func, select

from reconciler.portal.rules.states import (
    LIVING,
    OPEN,
    ContactStatus,
    CustomerStatus,
    MailState,
    RequestState,
)
from reconciler.portal.store import tables as t
from reconciler.portal.store.clock import later

DAYS: Final = 30
BUSIEST: Final = 10


@dataclass(frozen=True, slots=True)
class BusyCustomer:
    """The requests and words of one customer within the last days."""

    id: str
    name: str
    requests: int
    words: int


@dataclass(frozen=True, slots=True)
class Usage:
    """Current counts, and counts of the last 30 days where noted."""

    customers: int
    contacts: int
    registrations: int
    active_people: int
    """Contacts who logged in within the last days."""
    open: int
    words: int
    """Weighted words of requests sent within the last days and not cancelled."""
    file_bytes: int
    mails_left: int
    busiest: tuple[BusyCustomer, ...]


def usage(connection: Connection, now: str) -> Usage:
    """Return the counts at one revision."""
    since = later(now, days=-DAYS)
    c, r = t.contacts.c, t.requests.c

    def number(statement: Select[Any]) -> int:
        return int(connection.execute(statement).scalar() or 0)

    return Usage(
        number(select(func.count()).where(t.customers.c.status == CustomerStatus.ACTIVE)),
        number(select(func.count()).where(c.status.in_(LIVING))),
        number(select(func.count()).where(c.status == ContactStatus.UNAPPROVED)),
        number(
            select(func.count(t.sessions.c.contact.distinct())).where(
                t.sessions.c.used_at >= since
            )
        ),
        number(select(func.count()).where(r.state.in_(OPEN))),
        number(
            select(func.sum(r.words)).where(
                r.created_at >= since, r.state != RequestState.CANCELLED
            )
        ),
        number(select(func.sum(t.files.c.size))),
        number(select(func.count()).where(t.outbox.c.state != MailState.SENT)),
        _busiest(connection, since),
    )


def _busiest(connection: Connection, since: str) -> tuple[BusyCustomer, ...]:
    r, c = t.requests.c, t.customers.c
    count = func.count().label("requests")
    words = func.coalesce(
        func.sum(case((r.state != RequestState.CANCELLED, r.words))), 0
    ).label("words")
    rows = connection.execute(
        select(c.id, c.name, count, words)
        .join(t.requests, r.customer == c.id)
        .where(r.created_at >= since)
        .group_by(c.id, c.name)
        .order_by(count.desc(), c.name)
        .limit(BUSIEST)
    )
    return tuple(
        BusyCustomer(row.id, row.name, row.requests, int(row.words)) for row in rows
    )
