"""Statistics of the requests that a grant covers, read in one transaction."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, select

from reconciler.portal.actions.row_scope import in_scope
from reconciler.portal.rules.policy import Grant, RowScope
from reconciler.portal.rules.problems import Problem
from reconciler.portal.rules.statistics import (
    Statistics,
    default_period,
    is_day,
    statistics,
)
from reconciler.portal.store import tables as t
from reconciler.portal.store.store import Store

# A longer period is cut to this length.
MAX_YEARS: Final = 20


@dataclass(frozen=True, slots=True)
class StatisticsQuery:
    """The period and the filters of statistics; empty values mean the defaults."""

    first: str | None = None
    last: str | None = None
    customer: str | None = None
    contact: str | None = None


def read_statistics(store: Store, grant: Grant, query: StatisticsQuery) -> Statistics:
    """Return the statistics from the first to the last day, both included."""
    first, last = _period(store.clock(), query.first, query.last)
    check_filter(grant, query.contact)
    with store.read() as connection:
        return statistics(_rows(connection, grant, first, last, query), first, last)


def check_filter(grant: Grant, contact: str | None) -> None:
    """Raise a `forbidden` problem if a person with scope `own` filters by contact."""
    if contact and grant.row_scope is RowScope.OWN:
        raise Problem("forbidden", f"'{grant.principal.kind}' cannot filter by contact")


def _period(now: str, first: str | None, last: str | None) -> tuple[str, str]:
    """Return the first and last day in order, at most `MAX_YEARS` apart."""
    for day in (first, last):
        if day is not None and not is_day(day):
            raise Problem("unprocessable", f"'{day}' is not a date such as {now[:10]}")
    begin, end = default_period(last or now)
    first, last = sorted((first or begin, last or end))
    return max(first, f"{int(last[:4]) - MAX_YEARS:04}{last[4:]}"), last


def _rows(
    connection: Connection, grant: Grant, first: str, last: str, query: StatisticsQuery
) -> list[Mapping[str, Any]]:
    r = t.requests.c
    joined_tables = t.requests.join(t.contacts, t.contacts.c.id == r.owner)
    joined_tables = joined_tables.outerjoin(t.services, t.services.c.code == r.service)
    statement = (
        select(
            r.created_at,
            r.state,
            r.service,
            r.target_languages,
            r.owner,
            r.words,
            r.cost,
            r.currency,
            r.delivered_at,
            t.services.c.name.label("service_name"),
            t.contacts.c.name.label("owner_name"),
        )
        .select_from(joined_tables)
        .where(
            r.created_at >= first,
            r.created_at <= f"{last}T23:59:59Z",
            in_scope(connection, grant, t.requests),
        )
        .order_by(r.created_at, r.id)
    )
    if query.contact:
        statement = statement.where(r.owner == query.contact)
    if query.customer:
        statement = statement.where(r.customer == query.customer)
    return [dict(row) for row in connection.execute(statement).mappings()]
