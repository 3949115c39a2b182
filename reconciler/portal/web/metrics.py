"""Prometheus metrics: requests of this process, and counts from the database.

Requests are counted in each process; the database is read when somebody scrapes. No metric is about
a person or a customer.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector
from sqlalchemy import Column, Connection, func, select

from reconciler.portal.actions.outbox import is_due
from reconciler.portal.rules.states import OPEN
from reconciler.portal.store import tables as t
from reconciler.portal.store.clock import moment
from reconciler.portal.store.limits import limits_reached
from reconciler.portal.store.store import Store

MEDIA_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"
_SECONDS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


class Metrics:
    """The metrics of one process and of the database."""

    def __init__(self, store: Store) -> None:
        self._registry = CollectorRegistry()
        self._requests = Counter(
            "portal_requests",
            "Requests answered by this process.",
            ("method", "route", "status"),
            registry=self._registry,
        )
        self._seconds = Histogram(
            "portal_request_seconds",
            "How long answers took in this process.",
            ("method", "route"),
            buckets=_SECONDS,
            registry=self._registry,
        )
        self._registry.register(_DatabaseCollector(store))

    def record(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count one answered request."""
        self._requests.labels(method, route, str(status)).inc()
        self._seconds.labels(method, route).observe(seconds)

    def text(self) -> bytes:
        """Return all metrics in the format of Prometheus."""
        return generate_latest(self._registry)


class _DatabaseCollector(Collector):
    """Counts from the database, all at one revision."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def describe(self) -> list[Metric]:
        """Return nothing, so that registering does not read the database."""
        return []

    def collect(self) -> Iterator[Metric]:
        """Yield the current counts."""
        now = self._store.clock()
        with self._store.read() as connection:
            metrics = [
                _gauge("portal_revision", "The newest revision.", _revision(connection)),
                _gauge_by(
                    "portal_contacts",
                    "Contacts, by status.",
                    t.contacts.c.status,
                    connection,
                ),
                _gauge_by(
                    "portal_customers",
                    "Customers, by status.",
                    t.customers.c.status,
                    connection,
                ),
                _gauge_by(
                    "portal_open_requests",
                    "Open requests, by state.",
                    t.requests.c.state,
                    connection,
                    OPEN,
                ),
                _gauge_by(
                    "portal_outbox", "Mails, by state.", t.outbox.c.state, connection
                ),
                _gauge(
                    "portal_outbox_oldest_seconds",
                    "How long the mail that is due longest is due.",
                    _overdue(connection, now),
                ),
                _limits(connection, now),
                _gauge(
                    "portal_counts_waiting",
                    "Files whose words are not counted yet.",
                    _pending_counts(connection),
                ),
                _gauge(
                    "portal_sessions",
                    "Sessions that have not ended.",
                    _sessions(connection),
                ),
            ]
        yield from metrics


def _gauge_by(
    name: str,
    help: str,
    column: Column[str],
    connection: Connection,
    values: tuple[str, ...] = (),
) -> Metric:
    """Count rows by the values of a column; with `values`, only those, including zero counts."""
    metric = GaugeMetricFamily(name, help, labels=[column.name])
    statement = (
        select(column, func.count())
        .select_from(column.table)
        .group_by(column)
        .order_by(column)
    )
    if values:
        statement = statement.where(column.in_(values))
    counts = dict(connection.execute(statement).all())
    for value in values or counts:
        metric.add_metric([value], counts.get(value, 0))
    return metric


def _limits(connection: Connection, now: str) -> Metric:
    help = "People and customers that a limit refused something within a day, by limit."
    metric = GaugeMetricFamily("portal_limits_reached", help, labels=["limit"])
    for limit, count in limits_reached(connection, now).items():
        metric.add_metric([limit], count)
    return metric


def _gauge(name: str, help: str, value: float) -> Metric:
    return GaugeMetricFamily(name, help, value=value)


def _revision(connection: Connection) -> int:
    return int(connection.execute(select(t.portal.c.revision)).scalar_one())


def _pending_counts(connection: Connection) -> int:
    statement = select(func.count()).where(t.files.c.count_at.is_not(None))
    return int(connection.execute(statement).scalar_one())


def _sessions(connection: Connection) -> int:
    c = t.sessions.c
    return int(
        connection.execute(
            select(func.count()).select_from(t.sessions).where(c.ended_at.is_(None))
        ).scalar_one()
    )


def _overdue(connection: Connection, now: str) -> float:
    first = connection.execute(
        select(func.min(t.outbox.c.next_try_at)).where(is_due(now))
    ).scalar()
    return (moment(now) - moment(first)).total_seconds() if first else 0.0
