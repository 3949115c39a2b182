"""The store: the database, the clock and the files, as the rest of the portal uses them."""

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
    folder_beside,
    migrate,
    open_database,
    reading,
    unversioned,
    writing,
)
from reconciler.portal.store.guard import check_work
from reconciler.portal.store.invariants import broken_invariants
from reconciler.portal.store.limits import count_caused, keep_counts
from reconciler.portal.store.unit_of_work import Work
from reconciler.portal.store.vacuum import vacuum_if_marked
from reconciler.portal.uploads.vault import Vault

# A database up to this size is rewritten right after an erasure; a larger one by a job.
MAX_BYTES_TO_VACUUM_AT_ONCE: Final = 32 * 1024 * 1024


@dataclass(frozen=True)
class Store:
    """A migrated database, and the vault with the bytes of files.

    `base_url` is used in mails. If `violations` is a list, every write checks the invariants on the
    whole database and adds violations to it; tests use this.
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
        """Open a transaction that is committed when the block ends and undone when it raises.

        The counts of a refused action stay: see `store.limits`.
        """
        refusal: Exception | None = None
        with writing(self.engine) as (connection, portal):
            work = Work(
                connection,
                portal,
                principal,
                self.clock(),
                self.base_url,
                limits=self.limits,
            )
            try:
                with connection.begin_nested() if principal.person else nullcontext():
                    yield work
                    check_work(work)
                    count_caused(work)
                    work.finish()
            except (Problem, IntegrityError) as error:
                if not keep_counts(work, error):
                    raise
                refusal = error
        if refusal is not None:
            raise refusal
        if work.erases:
            vacuum_if_marked(self.engine, MAX_BYTES_TO_VACUUM_AT_ONCE)
        if self.violations is not None:
            with self.read() as connection:
                self.violations.extend(broken_invariants(connection))

    def read(self) -> AbstractContextManager[Connection]:
        """Open a transaction that sees one state of the database."""
        return reading(self.engine)

    def unversioned(self) -> AbstractContextManager[Connection]:
        """Open a transaction without a revision, for the outbox, counters and internal data."""
        return unversioned(self.engine)

    def name(self) -> str:
        """Return the custom name of the portal; empty if there is none."""
        with self.read() as connection:
            return str(connection.execute(select(t.portal.c.name)).scalar_one())


def open_store(
    url: str,
    clock: Clock = system_clock,
    base_url: str = "http://127.0.0.1:8000",
    *,
    files: Path | None = None,
    check_invariants: bool = False,
    limits: Limits | None = None,
) -> Store:
    """Open the store behind a database URL and migrate it; `files` is the folder of its files.

    By default the folder is beside a database file (`portal.sqlite-files`). A store on PostgreSQL
    that was opened without a folder cannot read or write files.
    """
    engine = open_database(url)
    migrate(engine)
    vault = Vault(files or folder_beside(url))
    return Store(
        engine,
        clock,
        base_url,
        vault,
        [] if check_invariants else None,
        limits=limits or Limits(),
    )
