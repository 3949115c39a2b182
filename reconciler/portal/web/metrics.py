"""Figures for those who watch the portal: what it answered, and what stands in its database.

Requests are counted in each process; what the database holds is asked for when somebody looks. No
figure is about a person or a customer.
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
from reconciler.portal.store.limits import reached
from reconciler.portal.store.store import Store

TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"
_SECONDS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


class Figures:
    """What one process counted, and what the database says."""

    def __init__(self, store: Store) -> None:
        self._registry = CollectorRegistry()
        self._requests = Counter(
            "portal_requests", "Requests answered by this process.", ("method", "route", "status"),
            registry=self._registry,
        )  # fmt: skip
        self._seconds = Histogram(
            "portal_request_seconds", "How long answers took in this process.", ("method", "route"),
            buckets=_SECONDS, registry=self._registry,
        )  # fmt: skip
        self._registry.register(_Stock(store))

    def note(self, method: str, route: str, status: int, seconds: float) -> None:
        """One request was answered."""
        self._requests.labels(method, route, str(status)).inc()
        self._seconds.labels(method, route).observe(seconds)

    def text(self) -> bytes:
        """All figures, as Prometheus reads them."""
        return generate_latest(self._registry)


class _Stock(Collector):
    """What stands in the database, all of it at one revision."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def describe(self) -> list[Metric]:
        """Nothing is asked of the database before somebody looks."""
        return []

    def collect(self) -> Iterator[Metric]:
        """The figures of now."""
        now = self._store.clock()
        with self._store.read() as connection:
            found = [
                _one("portal_revision", "The newest revision.", _revision(connection)),
                _by("portal_contacts", "Contacts, by status.", t.contacts.c.status, connection),
                _by("portal_customers", "Customers, by status.", t.customers.c.status, connection),
                _by("portal_open_requests", "Open requests, by state.", t.requests.c.state, connection, OPEN),
                _by("portal_outbox", "Mails, by state.", t.outbox.c.state, connection),
                _one(
                    "portal_outbox_oldest_seconds",
                    "How long the mail that is due longest is due.",
                    _overdue(connection, now),
                ),
                _limits(connection, now),
                _one("portal_counts_waiting", "Files whose words are not counted yet.", _counts(connection)),
                _one("portal_sessions", "Sessions that nobody ended.", _sessions(connection)),
            ]
        yield from found


def _by(name: str, help: str, column: Column[str], connection: Connection, values: tuple[str, ...] = ()) -> Metric:
    """How many rows have each value of a column; with `values` only those, also where there are none."""
    figure = GaugeMetricFamily(name, help, labels=[column.name])
    counted = select(column, func.count()).select_from(column.table).group_by(column).order_by(column)
    found = dict(connection.execute(counted.where(column.in_(values)) if values else counted).tuples().all())
    for value in values or found:
        figure.add_metric([value], found.get(value, 0))
    return figure


def _limits(connection: Connection, now: str) -> Metric:
    help = "People and customers that a limit refused something within a day, by limit."
    figure = GaugeMetricFamily("portal_limits_reached", help, labels=["limit"])
    for limit, count in reached(connection, now).items():
        figure.add_metric([limit], count)
    return figure


def _one(name: str, help: str, value: float) -> Metric:
    return GaugeMetricFamily(name, help, value=value)


def _revision(connection: Connection) -> int:
    return int(connection.execute(select(t.portal.c.revision)).scalar_one())


def _counts(connection: Connection) -> int:
    waiting = select(func.count()).where(t.files.c.count_at.is_not(None))
    return int(connection.execute(waiting).scalar_one())


def _sessions(connection: Connection) -> int:
    c = t.sessions.c
    return int(
        connection.execute(select(func.count()).select_from(t.sessions).where(c.ended_at.is_(None))).scalar_one()
    )


def _overdue(connection: Connection, now: str) -> float:
    first = connection.execute(select(func.min(t.outbox.c.next_try_at)).where(is_due(now))).scalar()
    return (moment(now) - moment(first)).total_seconds() if first else 0.0
