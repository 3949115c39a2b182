"""Statistics of the requests within somebody's reach, read in one transaction."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, select

from reconciler.portal.actions.row_scope import reachable
from reconciler.portal.rules.policy import Grant, Reach
from reconciler.portal.rules.problems import Problem
from reconciler.portal.rules.statistics import Statistics, is_day, statistics, usual_period
from reconciler.portal.store import tables as t
from reconciler.portal.store.store import Store

LONGEST_YEARS: Final = 20
"""What is asked for beyond is left out."""


@dataclass(frozen=True, slots=True)
class Asked:
    """Of which days, and of whom among those within reach; what is empty is as usual, or everybody."""

    first: str | None = None
    last: str | None = None
    customer: str | None = None
    contact: str | None = None


def read_statistics(store: Store, grant: Grant, asked: Asked) -> Statistics:
    """The figures from the first to the last day, both included."""
    first, last = _period(store.clock(), asked.first, asked.last)
    must_filter(grant, asked.contact)
    with store.read() as connection:
        return statistics(_rows(connection, grant, first, last, asked), first, last)


def must_filter(grant: Grant, contact: str | None) -> None:
    """A `forbidden` problem when somebody who sees only her own asks for a contact's."""
    if contact and grant.reach is Reach.OWN:
        raise Problem("forbidden", f"'{grant.principal.who}' sees her own requests and filters by no contact")


def _period(now: str, first: str | None, last: str | None) -> tuple[str, str]:
    """The days meant: in their order, and not more than one can look back on."""
    for day in (first, last):
        if day is not None and not is_day(day):
            raise Problem("unprocessable", f"'{day}' is no day: write it as {now[:10]}")
    begin, end = usual_period(last or now)
    first, last = sorted((first or begin, last or end))
    return max(first, f"{int(last[:4]) - LONGEST_YEARS:04}{last[4:]}"), last


def _rows(connection: Connection, grant: Grant, first: str, last: str, asked: Asked) -> list[Mapping[str, Any]]:
    r = t.requests.c
    joined = t.requests.join(t.contacts, t.contacts.c.id == r.owner)
    joined = joined.outerjoin(t.services, t.services.c.code == r.service)
    statement = (
        select(
            r.created_at, r.state, r.service, r.target_languages, r.owner, r.words, r.cost, r.currency, r.delivered_at,
            t.services.c.name.label("service_name"), t.contacts.c.name.label("owner_name"),
        ).select_from(joined)
        .where(r.created_at >= first, r.created_at <= f"{last}T23:59:59Z", reachable(connection, grant, t.requests))
        .order_by(r.created_at, r.id)
    )  # fmt: skip
    if asked.contact:
        statement = statement.where(r.owner == asked.contact)
    if asked.customer:
        statement = statement.where(r.customer == asked.customer)
    return [dict(row) for row in connection.execute(statement).mappings()]
