"""Killed at any statement of any write: row, history, mails and idempotency record are all there, or none is.

Every route of the API that writes has a row in `every_write`, every form of the pages one in `every_form`. Each
write begins in the same office. It runs undisturbed first: what that changed is what a whole write is. Then one
server after the other is killed before the n-th statement. As long as nothing is left of it, the next n is
tried on the same state, which is a request sent again after a restart; what is left must be whole.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import func, select

from reconciler.portal.actions.uploads import sweep
from reconciler.portal.store import tables as t
from reconciler.portal.store.chain import verify_feed
from reconciler.portal.store.clock import later, system_clock
from reconciler.portal.store.invariants import broken_invariants
from reconciler.portal.store.store import Store, open_store
from tests.pages.matrix import ROUTES
from tests.portal.conftest import an_empty_database
from tests.portal.every_form import FORMS
from tests.portal.every_write import API
from tests.portal.harness import Api, key
from tests.portal.identity import Identity, identity, sign_on_at
from tests.portal.killed_server import COUNTED
from tests.portal.office import office_of
from tests.portal.writes import Footprint, Ground, Rows, Write, restored, whole

WRITES = {**API, **FORMS}
WRITES_NOTHING = {"POST /language"}
"""It sets a cookie."""
AT_EVERY_STATEMENT = {
    "POST /api/v1/contacts", "PATCH /api/v1/contacts/{id}", "POST /api/v1/contacts/{id}/offboard",
    "POST /api/v1/batches", "POST /api/v1/contacts/{id}/approve",
}  # fmt: skip
EVERY = 1 if "SOAK" in os.environ else 4
"""In a short run every fourth statement of the other writes, other ones on SQLite than on PostgreSQL."""
MOST = 60
"""Statements of an upload."""
WITHOUT_HISTORY = {"POST /api/v1/uploads", "POST /uploads", "POST /account/log-out", "POST /sign-up", "POST /reset"}
"""Writes with a record of their answer that are no act on anything that the history tells of."""


@dataclass
class Forge:
    """Starts servers that die when they are told to."""

    process: subprocess.Popen[str]

    @contextmanager
    def server(self, dies_at: int) -> Iterator[tuple[str, Callable[[], int]]]:
        """A server's address, and a way to wait for its end."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(f"{dies_at}\n")
        self.process.stdin.flush()
        port, pid = map(int, self.process.stdout.readline().split())
        ended: list[int] = []

        def end() -> int:
            if not ended:
                assert self.process.stdout is not None
                ended.append(int(self.process.stdout.readline()))
            return ended[0]

        try:
            yield f"http://127.0.0.1:{port}", end
        finally:
            if not ended:
                os.kill(pid, signal.SIGKILL)
                end()


@contextmanager
def forging(*arguments: str) -> Iterator[Forge]:
    """A forge of servers on a database, and a folder of files."""
    command = [sys.executable, "-m", "tests.portal.killed_server", *arguments]
    process = subprocess.Popen(
        command, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=Path(__file__).parents[2]
    )
    yield Forge(process)
    process.communicate(timeout=180)


@dataclass
class Portal:
    """A portal whose servers are killed, and what is there when a write begins."""

    ground: Ground
    forge: Forge
    rows: Rows

    @property
    def store(self) -> Store:
        return self.ground.store

    def ready(self, route: str) -> tuple[Write, Rows]:
        """A write in a portal that nobody disturbed yet, and all that is there."""
        restored(self.store, self.rows)
        write = WRITES[route](replace(self.ground, route=route))
        return write, whole(self.store)

    def answer(self, write: Write) -> httpx.Response:
        """What a server answers that nobody kills."""
        with self.forge.server(dies_at=0) as (url, _):
            return write.send(url)

    def kill(self, write: Write, n: int) -> Rows:
        """What is left when the server died before its n-th statement."""
        with self.forge.server(dies_at=n) as (url, ended):
            with pytest.raises(httpx.TransportError):
                write.send(url)
            assert ended() == -signal.SIGKILL
        return whole(self.store)

    def records(self, write: Write) -> int:
        found = select(func.count()).where(t.idempotency.c.key == write.key)
        with self.store.read() as connection:
            return int(connection.execute(found).scalar_one())

    def keeps_the_laws(self) -> None:
        with self.store.read() as connection:
            assert broken_invariants(connection) == []
            assert verify_feed(connection).wrong is None
        assert self.store.violations == []


def a_minute_ago() -> str:
    """When a state is made: before the write, never in the same second, which would spare it a statement."""
    return later(system_clock(), seconds=-60)


@pytest.fixture(scope="module")
def provider() -> Iterator[Identity]:
    with identity() as running:
        yield running


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def portal(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, provider: Identity
) -> Iterator[Portal]:
    folder = tmp_path_factory.mktemp("killed")
    database, files = an_empty_database(request, folder), folder / "files"
    store = open_store(database, a_minute_ago, files=files, check_invariants=True)
    with Api.of(store) as api, forging(database, str(files), provider.url) as forge:
        api.app.state.sign_on = sign_on_at(provider.url)  # type: ignore[attr-defined]
        ground = Ground(office_of(api), provider)
        yield Portal(ground, forge, whole(store))
    store.engine.dispose()


def test_every_route_and_form_that_writes_has_its_row(portal: Portal) -> None:
    wanted = {f"{method} {path}" for method, path in ROUTES if method != "GET"} - WRITES_NOTHING
    assert {*_actions(wanted, portal.ground.admin), "GET /login/sign-on/back"} - set(WRITES) == set()
    named = [each for each in wanted if "{action}" in each]
    assert [each for each in named if not any(_fits(each, row) for row in set(WRITES) - wanted)] == []
    assert [row for row in WRITES if row not in wanted and not any(_fits(each, row) for each in named)] == [
        "GET /login/sign-on/back"
    ]


def _actions(routes: set[str], api: Api) -> set[str]:
    """The routes, with each action that the API's document lists as a route of its own."""
    paths = api.app.openapi()["paths"]  # type: ignore[attr-defined]
    found = {each for each in routes if "{action}" not in each}
    for path in (each.removeprefix("POST ") for each in routes - found if "/api/" in each):
        parameter = next(each for each in paths[path]["post"]["parameters"] if each["name"] == "action")
        found |= {f"POST {path}".replace("{action}", action) for action in parameter["schema"]["enum"]}
    return found


def _fits(template: str, route: str) -> bool:
    return re.fullmatch(re.escape(template).replace(re.escape("{action}"), "[a-z-]+"), route) is not None


@pytest.mark.parametrize("route", WRITES)
def test_killed_at_any_statement_a_write_is_there_with_all_that_belongs_to_it_or_not_at_all(
    portal: Portal, route: str
) -> None:
    write, before = portal.ready(route)
    answer = portal.answer(write)
    assert answer.status_code < 400, answer.text
    complete = footprint(before, whole(portal.store))
    assert complete
    if write.key:
        keys, keys_after = complete["idempotency"]
        assert keys_after == keys + 1
        assert ("changes" in complete) is (route not in WITHOUT_HISTORY)
    write, before = portal.ready(route)
    found: Footprint = {}
    for n in _statements(portal, route, int(answer.headers[COUNTED])):
        if found:
            write, before = portal.ready(route)
        found = footprint(before, portal.kill(write, n))
        if found:
            assert found in (complete, *write.between.values()), f"killed at {n} it left something"
            _sent_again(portal, write, done=found == complete)
            portal.keeps_the_laws()
    assert found == complete, "committed, and not all of it is there"


def _statements(portal: Portal, route: str, counted: int) -> list[int]:
    """Before which statements the server dies; always before and after the last commit."""
    every = 1 if route in AT_EVERY_STATEMENT else EVERY
    first = 1 + (len(route) + (portal.store.engine.dialect.name == "sqlite") * every // 2) % every
    return sorted({*range(first, counted + 1, every), counted - 1, counted})


def footprint(before: Rows, after: Rows) -> Footprint:
    """The tables that changed, and by how many rows."""
    rows = {name: (Counter(map(repr, before[name])), Counter(map(repr, after[name]))) for name in before}
    return {name: ((old - new).total(), (new - old).total()) for name, (old, new) in rows.items() if old != new}


def _sent_again(portal: Portal, write: Write, *, done: bool) -> None:
    """The same request again ends in one effect: what is done is not done again, what is not is done now."""
    if write.key:
        assert portal.records(write) == done
    before = whole(portal.store)
    answer = portal.answer(write)
    if write.key and done and answer.status_code < 400:
        assert footprint(before, whole(portal.store)) in ({}, *write.between.values())
        assert ("idempotency-replayed" in answer.headers) is write.path.startswith("/api/")
    assert answer.status_code < 400 or (done and answer.status_code in write.again) or write.afresh, answer.text
    if write.key:
        assert portal.records(write) == 1
    if answer.status_code >= 400 and write.afresh:
        answer = portal.answer(write.afresh())
        assert answer.status_code < 400, answer.text


@pytest.fixture
def forge(database: str, tmp_path: Path) -> Iterator[Forge]:
    with forging(database, str(tmp_path / "files")) as running:
        yield running


def test_killed_at_any_statement_an_upload_has_its_row_and_all_its_bytes_or_no_row(
    forge: Forge, database: str, tmp_path: Path
) -> None:
    store = open_store(database, files=tmp_path / "files", check_invariants=True)
    api = Api.of(store)
    content = os.urandom(300_000)
    answered = lost = 0
    for n in range(1, MOST):
        headers = {**key(), "If-None-Match": "*", "Content-Type": "application/octet-stream"}
        sent: dict[str, Any] = {"params": {"name": "a.bin"}, "content": content, "headers": headers}
        with forge.server(dies_at=n) as (url, ended):
            try:
                named = {**headers, "Authorization": api.headers["Authorization"]}
                answered += (
                    httpx.post(f"{url}/api/v1/uploads", **{**sent, "headers": named}, timeout=20).status_code == 201
                )
            except httpx.TransportError:
                assert ended() == -signal.SIGKILL
        lost = max(lost, len(_names(store) - _uploads(store)))
        again = api.post("/uploads", **sent)
        assert again.status_code == 201, again.text
        for id in _uploads(store):
            assert store.vault.path(id).read_bytes() == content
        if answered:
            break
    assert (answered, lost > 2) == (1, True)
    for name in _names(store):
        os.utime(store.vault.folder / name, (0, 0))
    assert sweep(store) > 2
    assert _names(store) == _uploads(store)
    assert store.violations == []
    store.engine.dispose()


def _uploads(store: Store) -> set[str]:
    with store.read() as connection:
        return set(connection.execute(select(t.files.c.id)).scalars())


def _names(store: Store) -> set[str]:
    return {path.name for path in store.vault.folder.iterdir()} - {"swept"}
