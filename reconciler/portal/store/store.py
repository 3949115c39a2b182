"""The store: the database with a clock, as the rest of the portal holds it in its hands."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field

from sqlalchemy import Connection, Engine, select

from reconciler.portal.rules.principals import Principal
from reconciler.portal.store import tables as t
from reconciler.portal.store.clock import Clock, system_clock
from reconciler.portal.store.database import aside, migrate, open_database, reading, writing
from reconciler.portal.store.laws import broken_laws
from reconciler.portal.store.work import Work


@dataclass(frozen=True)
class Store:
    """A migrated database.

    `base_url` stands in mails. `violations`, when it is a list, makes this the test build: after
    every transaction the laws of the portal are checked on the whole database and what is broken is
    put there.
    """

    engine: Engine
    clock: Clock = system_clock
    base_url: str = "http://127.0.0.1:8000"
    violations: list[str] | None = field(default=None, compare=False)

    @contextmanager
    def write(self, principal: Principal) -> Iterator[Work]:
        """A transaction: committed whole when the block ends, undone whole when it raises."""
        with writing(self.engine) as (connection, portal):
            work = Work(connection, portal, principal, self.clock(), self.base_url)
            yield work
            work.finish()
        if self.violations is not None:
            with self.read() as connection:
                self.violations.extend(broken_laws(connection))

    def read(self) -> AbstractContextManager[Connection]:
        """A transaction that sees one state of the database."""
        return reading(self.engine)

    def aside(self) -> AbstractContextManager[Connection]:
        """A transaction that makes no revision: the outbox on its way, counters, what only we see."""
        return aside(self.engine)

    def name(self) -> str:
        """What the portal is called."""
        with self.read() as connection:
            return str(connection.execute(select(t.portal.c.name)).scalar_one())


def open_store(
    url: str, clock: Clock = system_clock, base_url: str = "http://127.0.0.1:8000", *, check_laws: bool = False
) -> Store:
    """The store behind a database URL, migrated and ready."""
    engine = open_database(url)
    migrate(engine)
    return Store(engine, clock, base_url, [] if check_laws else None)
