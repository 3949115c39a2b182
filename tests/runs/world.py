"""A real portal behind a real socket, with what tests need to see and to break.

`World.apply` is the harness: after every apply that ends well it compares the outbox with the mails in the
plan's lines, plans again, wants nothing left but what was held back, applies again and wants no write sent.
"""

from __future__ import annotations

import itertools
import shutil
import signal
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, NamedTuple

import uvicorn
from sqlalchemy import delete, select
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from reconciler.adapters.address import Address
from reconciler.adapters.budget import Budget
from reconciler.adapters.reader import PortalReader
from reconciler.adapters.repository import Repository
from reconciler.adapters.writer import PortalWriter
from reconciler.model.changes import Change
from reconciler.model.desired import DesiredState
from reconciler.model.errors import OutcomeUnknown, Unreachable
from reconciler.model.files import Tree
from reconciler.model.outcome import GroupStatus, Outcome
from reconciler.model.plan import Expects, Facts, Permissions, Plan
from reconciler.model.portal import Committed, Lease, RunMark
from reconciler.planning import exact_permissions, make_plan
from reconciler.portal.app import create_app
from reconciler.portal.rules.principals import Actor, Principal
from reconciler.portal.rules.principals import Scope as TokenScope
from reconciler.portal.store import tables as t
from reconciler.portal.store.store import Store, open_store
from reconciler.portal.store.unit_of_work import Row, Work
from reconciler.portal.web.security import new_token
from reconciler.usecases.apply import Callbacks, apply_folder
from reconciler.usecases.checkout import Folder
from reconciler.usecases.request_executor import ApplyOptions
from reconciler.usecases.steps import State

ADMIN = Principal("tests", "Ada Admin", Actor.ADMINISTRATOR)
_runs = itertools.count()
# Kind, address and language of a mail.
Letter = tuple[str, str, str]


@dataclass
class Clock:
    """The portal's clock; it stands still until it is moved."""

    now: str = "2026-11-23T12:00:00Z"

    def __call__(self) -> str:
        return self.now


class Fault(NamedTuple):
    """What happens to one write: the portal does it or not, and answers with this status; 0: half an answer."""

    at: int
    done: bool
    status: int


class Counting:
    """Counts the methods of all requests that reach the portal; the write that `fault` names goes wrong."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self.methods: Counter[str] = Counter()
        self.batches = 0
        self.writes = 0
        self.fault: Fault | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            self.methods[scope["method"]] += 1
            self.batches += scope["path"].endswith("/batches")
            self.writes += scope["method"] != "GET"
            if scope["method"] != "GET" and self.fault is not None and self.writes == self.fault.at:
                await self._fail(self.fault, scope, receive, send)
                return
        await self.app(scope, receive, send)

    async def _fail(self, fault: Fault, scope: Scope, receive: Receive, send: Send) -> None:
        async def nowhere(_message: Message) -> None:
            pass

        if fault.done:
            await self.app(scope, receive, nowhere)
        length = b"2" if fault.status else b"100"
        headers = [(b"content-type", b"application/json"), (b"content-length", length)]
        await send({"type": "http.response.start", "status": fault.status or 200, "headers": headers})
        await send({"type": "http.response.body", "body": b"{}", "more_body": not fault.status})

    @contextmanager
    def failing(self, fault: Fault) -> Iterator[None]:
        """One write of the block goes wrong."""
        self.writes, self.fault = 0, fault
        try:
            yield
        finally:
            self.fault = None


class Served:
    """One server for many portals: each test puts its own store behind it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.template = folder / "template.sqlite"
        opened = open_store(f"sqlite:///{self.template}")
        self.token = new_token(opened, TokenScope.APPLY, "the reconciler")
        opened.engine.dispose()
        self.app = create_app(opened)
        self.counting = Counting(self.app)
        self.server = uvicorn.Server(uvicorn.Config(self.counting, port=0, log_level="error", lifespan="off"))
        self.thread = threading.Thread(target=self.server.run, daemon=True)
        self.thread.start()
        while not self.server.started:
            self.thread.join(0.01)
        port = self.server.servers[0].sockets[0].getsockname()[1]
        self.url = f"http://127.0.0.1:{port}"
        self._numbers = itertools.count()

    def fresh(self, clock: Clock) -> Store:
        """A new, empty portal; the one before is no longer served."""
        path = self.folder / f"portal-{next(self._numbers)}.sqlite"
        shutil.copyfile(self.template, path)
        return self.put(open_store(f"sqlite:///{path}", clock, self.url, check_invariants=True))

    def put(self, store: Store) -> Store:
        self.app.state.store.engine.dispose()
        self.app.state.store = store
        return store

    def stop(self) -> None:
        self.server.should_exit = True
        self.thread.join(5)


@dataclass
class World:
    """A portal and the clients of one reconciler."""

    served: Served
    clock: Clock = field(default_factory=Clock)

    def __post_init__(self) -> None:
        self.store = self.served.fresh(self.clock)
        self.address = Address(self.served.url, self.served.token)
        self.reader = PortalReader(self.address)
        self.files = Repository(self.served.folder)

    def close(self) -> None:
        self.reader.close()
        assert self.store.violations == []

    def plan(self, desired: DesiredState, *, commit: str | None = None, **permissions: Any) -> Plan:
        ancestors = frozenset({commit} if commit else set[str]())
        return make_plan(desired, self.reader.live_state(), Facts(commit, ancestors, Permissions(**permissions)))

    def permitted(self, desired: DesiredState) -> Permissions:
        """What a caller who means it allows, to the exact number."""
        return exact_permissions(self.plan(desired))

    def apply(self, desired: DesiredState, *, writer: PortalWriter | None = None, **wish: Any) -> Outcome:
        """Apply with every permission that is needed; a run that ended well leaves nothing to do."""
        wish.setdefault("permissions", self.permitted(desired))
        before = self.letters()
        outcome = self.run(desired, writer=writer, **wish)
        ended_well = {each.status for each in outcome.groups} <= {GroupStatus.APPLIED, GroupStatus.HELD_BACK}
        if ended_well and "customers" not in wish and "shard" not in wish and "reviewed" not in wish:
            assert self.letters() - before == planned_letters(outcome)
            self.nothing_left(desired)
        return outcome

    def run(
        self,
        desired: DesiredState,
        *,
        writer: PortalWriter | None = None,
        signal_after: int | None = None,
        **wish: Any,
    ) -> Outcome:
        """One run, whatever comes of it. `signal_after`: it is interrupted after so many groups."""
        folder = Folder(self.files, Tree(()), desired)
        mine = writer or PortalWriter(self.address)
        wish.setdefault("run", f"run_{next(_runs)}")
        try:
            return apply_folder(folder, self.reader, mine, ApplyOptions(holder="tests", **wish), silent(signal_after))
        finally:
            if writer is None:
                mine.close()

    def nothing_left(self, desired: DesiredState) -> None:
        """The next plan writes nothing, and the next apply sends no write."""
        left = self.plan(desired)
        assert [str(change.message) for group in left.ready for change in group.changes] == []
        before = self.served.counting.methods.copy()
        self.run(desired)
        assert set(self.served.counting.methods - before) <= {"GET"}

    @contextmanager
    def as_admin(self) -> Iterator[Work]:
        """Something that an administrator does in the portal."""
        with self.store.write(ADMIN) as work:
            yield work

    def mails(self) -> Counter[tuple[str, str]]:
        """How many mails of each kind to each address are in the outbox."""
        with self.store.read() as connection:
            rows = connection.execute(select(t.outbox.c.kind, t.outbox.c.to)).all()
        return Counter((row.kind, row.to) for row in rows)

    def letters(self) -> Counter[Letter]:
        """How many mails of each kind to each address in each language are in the outbox."""
        with self.store.read() as connection:
            c = t.outbox.c
            rows = connection.execute(select(c.kind, c.to, c.language)).all()
        return Counter((row.kind, row.to, row.language) for row in rows)

    def rows(self, table: Any, *criteria: Any) -> list[dict[str, Any]]:
        """Rows of the database, by id."""
        with self.store.read() as connection:
            found = connection.execute(select(table).where(*criteria).order_by(table.c.id)).mappings()
            return [dict(row) for row in found]

    def forget_leases(self) -> None:
        """What sixty seconds do to the lease of a run that was killed."""
        with self.store.write(ADMIN) as work:
            work.connection.execute(delete(t.lease_scopes))
            work.connection.execute(delete(t.leases))

    def fork(self) -> World:
        """The same portal once more, on a copy of the database; this one is no longer served."""
        with self.store.engine.connect() as connection:
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        copy = object.__new__(World)
        copy.served, copy.clock, copy.files = self.served, self.clock, self.files
        name = Path(str(self.store.engine.url.database))
        path = name.with_name(f"{name.stem}-fork{next(_runs)}.sqlite")
        shutil.copyfile(name, path)
        copy.store = self.served.put(
            open_store(f"sqlite:///{path}", self.clock, self.served.url, check_invariants=True)
        )
        copy.address, copy.reader = self.address, PortalReader(self.address)
        return copy

    def back(self) -> None:
        """This portal is served again."""
        self.store = self.served.put(
            open_store(str(self.store.engine.url), self.clock, self.served.url, check_invariants=True)
        )


class Mortal(PortalWriter):
    """A writer whose process dies at its n-th request: before it is sent, or after it was done.

    Nothing that it is asked for afterwards reaches the portal, as after a kill.
    """

    def __init__(self, address: Address, at: int, *, after: bool) -> None:
        super().__init__(address, Budget(retries=0))
        self.at, self.after = at, after
        self.sent = 0
        self.dead = False
        self.lock = threading.Lock()

    def _mortal(self, send: Callable[[], Any]) -> Any:
        with self.lock:
            if self.dead:
                raise Unreachable("dead")
            self.sent += 1
            if self.sent != self.at:
                return send()
            self.dead = True
            if self.after:
                send()
            raise OutcomeUnknown("killed")

    def take_lease(self, scopes: Sequence[str], ttl_s: float, holder: str, run: str) -> Lease:
        lease: Lease = self._mortal(lambda: PortalWriter.take_lease(self, scopes, ttl_s, holder, run))
        return lease

    def write_batch(self, changes: Sequence[Change], lease: Lease, mark: RunMark, expects: Expects) -> Committed:
        committed: Committed = self._mortal(lambda: PortalWriter.write_batch(self, changes, lease, mark, expects))
        return committed

    def give_back(self, lease: Lease) -> None:
        self._mortal(lambda: PortalWriter.give_back(self, lease))


def planned_letters(outcome: Outcome) -> Counter[Letter]:
    """The mails that stand in the lines of the groups that were applied."""
    applied = outcome.of(GroupStatus.APPLIED)
    mails = [mail for each in applied for change in each.group.changes for mail in change.effects.mails]
    return Counter((str(mail.kind), mail.to, mail.language) for mail in mails)


def silent(signal_after: int | None = None) -> Callbacks:
    """Callbacks that agree to everything; a signal comes when so many groups were applied."""
    applied = [0]

    def count(state: State) -> None:
        applied[0] = sum(one.status is GroupStatus.APPLIED for one in state.outcomes.values())

    def signal_number() -> int | None:
        return signal.SIGTERM if signal_after is not None and applied[0] >= signal_after else None

    return Callbacks(lambda _: True, count, signal_number)


def with_customer(desired: DesiredState, **customers: Any) -> DesiredState:
    """The state with some customers replaced, or taken out (None)."""
    kept = {**desired.customers, **customers}
    return replace(desired, customers={key: one for key, one in kept.items() if one is not None})


def contact_row(work: Work, email: str) -> Row:
    return work.where("contact", t.contacts.c.email == email, t.contacts.c.status != "removed")[0]
