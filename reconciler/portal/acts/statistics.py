"""Statistics of the requests within somebody's reach, read in one transaction."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy import Connection, select

from reconciler.portal.acts.reach import reachable
from reconciler.portal.rules.policy import Grant, Reach
from reconciler.portal.rules.problems import Problem
from reconciler.portal.rules.statistics import Statistics, is_day, statistics, usual_period
from reconciler.portal.store import tables as t
from reconciler.portal.store.store import Store

LONGEST_YEARS: Final = 20


def read_statistics(
    store: Store, grant: Grant, first: str | None = None, last: str | None = None, contact: str | None = None
) -> Statistics:
    """The figures from the first to the last day, of everybody within reach or of one contact among them."""
    first, last = _period(store.clock(), first, last)
    must_filter(grant, contact)
    with store.read() as connection:
        return statistics(_rows(connection, grant, first, last, contact), first, last)


def must_filter(grant: Grant, contact: str | None) -> None:
    """A `forbidden` problem when somebody who sees only her own asks for a contact's."""
    if contact and grant.reach is Reach.OWN:
        raise Problem("forbidden", f"'{grant.principal.who}' sees her own requests and filters by no contact")


def _period(now: str, first: str | None, last: str | None) -> tuple[str, str]:
    begin, end = usual_period(last if last and is_day(last) else now)
    first, last = first or begin, last or end
    for day in (first, last):
        if not is_day(day):
            raise Problem("unprocessable", f"'{day}' is no day: write it as {now[:10]}")
    if first > last:
        raise Problem("unprocessable", f"the period begins on {first} and ends before that, on {last}")
    if int(last[:4]) - int(first[:4]) > LONGEST_YEARS:
        raise Problem("unprocessable", f"a period has {LONGEST_YEARS} years at most")
    return first, last


def _rows(connection: Connection, grant: Grant, first: str, last: str, contact: str | None) -> list[Mapping[str, Any]]:
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
    if contact:
        statement = statement.where(r.owner == contact)
    return [dict(row) for row in connection.execute(statement).mappings()]
