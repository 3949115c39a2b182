"""The store: the database with a clock, as the rest of the portal holds it in its hands."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from sqlalchemy import Connection, Engine, select
from sqlalchemy.exc import IntegrityError

from reconciler.portal.rules.principals import Principal
from reconciler.portal.rules.problems import Problem
from reconciler.portal.rules.throttle import Limits
from reconciler.portal.store import tables as t
from reconciler.portal.store.clock import Clock, system_clock
from reconciler.portal.store.database import (
    aside,
    clear_traces,
    folder_beside,
    migrate,
    open_database,
    reading,
    writing,
)
from reconciler.portal.store.guard import judge
from reconciler.portal.store.invariants import broken_laws
from reconciler.portal.store.limits import count_caused, keep_trace
from reconciler.portal.store.unit_of_work import Work
from reconciler.portal.uploads.vault import Vault

AT_ONCE_BYTES: Final = 32 * 1024 * 1024
"""Up to this size a database is written anew as soon as a person was erased; a larger one by a job."""


@dataclass(frozen=True)
class Store:
    """A migrated database, and the vault with the bytes of files.

    `base_url` stands in mails. `violations`, when it is a list, makes this the test build: after
    every transaction the laws of the portal are checked on the whole database and what is broken is
    put there.
    """

    engine: Engine
    clock: Clock = system_clock
    base_url: str = "http://127.0.0.1:8000"
    vault: Vault = field(default_factory=lambda: Vault(None))
    violations: list[str] | None = field(default=None, compare=False)
    token_uses: dict[str, str] = field(default_factory=dict, compare=False)
    """When this process last saw each token, by the token's digest."""
    limits: Limits = field(default_factory=Limits)

    @contextmanager
    def write(self, principal: Principal) -> Iterator[Work]:
        """A transaction: committed whole when the block ends, undone whole when it raises.

        Of an act that a person was refused, what it counted of them stays: see `store.limits`.
        """
        refused: Exception | None = None
        with writing(self.engine) as (connection, portal):
            work = Work(connection, portal, principal, self.clock(), self.base_url, limits=self.limits)
            try:
                with connection.begin_nested() if principal.person else nullcontext():
                    yield work
                    judge(work)
                    count_caused(work)
                    work.finish()
            except (Problem, IntegrityError) as error:
                if not keep_trace(work, error):
                    raise
                refused = error
        if refused is not None:
            raise refused
        if work.forgets:
            clear_traces(self.engine, AT_ONCE_BYTES)
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
        """The name that somebody gave the portal; empty while nobody did."""
        with self.read() as connection:
            return str(connection.execute(select(t.portal.c.name)).scalar_one())


def open_store(
    url: str, clock: Clock = system_clock, base_url: str = "http://127.0.0.1:8000", *, files: Path | None = None,
    check_laws: bool = False, limits: Limits | None = None,
) -> Store:  # fmt: skip
    """The store behind a database URL, migrated and ready; `files` is the folder of its files.

    By default the folder is beside a database that is a file (`portal.sqlite-files`). A store on PostgreSQL that was
    opened without a folder cannot read or write files.
    """
    engine = open_database(url)
    migrate(engine)
    vault = Vault(files or folder_beside(url))
    return Store(engine, clock, base_url, vault, [] if check_laws else None, limits=limits or Limits())
