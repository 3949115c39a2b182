"""Killed at any statement of a write: row, history, mails and idempotency record are all there, or none is."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import func, select

from reconciler.portal.acts.registrations import register
from reconciler.portal.acts.uploads import sweep
from reconciler.portal.rules.principals import SYSTEM
from reconciler.portal.store import tables as t
from reconciler.portal.store.store import Store, open_store
from tests.portal.harness import Api, applied, key

EVERY = 1 if "SOAK" in os.environ else 2
"""In a short run every second statement: the odd ones on PostgreSQL, the even ones on SQLite."""
MOST = 60


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
            yield f"http://127.0.0.1:{port}/api/v1", end
        finally:
            if not ended:
                os.kill(pid, signal.SIGTERM)
                end()


@dataclass
class Write:
    """One write as it is sent, and sent again."""

    method: str
    path: str
    body: Any
    headers: dict[str, str]

    def send(self, url: str, token: str) -> httpx.Response:
        headers = {**self.headers, "Authorization": token, "Connection": "close"}
        return httpx.request(self.method, url + self.path, json=self.body, headers=headers, timeout=20)


def add_contact(api: Api) -> Write:
    home, _ = api.a_customer(name=_name())
    body = {"customer": home["id"], "name": "Rita", "role": "requester", "email": f"rita@{home['id'][4:]}.example"}
    return Write("POST", "/contacts", body, {**key(), "If-None-Match": "*"})


def change_address(api: Api) -> Write:
    _, (row,) = api.a_customer("manager", name=_name())
    return Write(
        "PATCH", f"/contacts/{row['id']}", {"email": f"new@{row['id'][4:]}.example"}, {**key(), "If-Match": '"1"'}
    )


def offboard_with_work(api: Api) -> Write:
    _, (heir, leaver) = api.a_customer("manager", "requester", name=_name())
    api.a_request(leaver)
    api.a_request(leaver, "Leaflet")
    return Write(
        "POST", f"/contacts/{leaver['id']}/offboard", {"work_to": heir["id"], "reason": "left"},
        {**key(), "If-Match": '"1"'},
    )  # fmt: skip


def batch(api: Api) -> Write:
    name = _name()
    home, (boss, leaver), lease = api.managed("manager", "requester", key=name)
    api.a_request(leaver)
    operations: list[dict[str, Any]] = [
        {"op": "create_contact", "customer": {"id": home["id"], "version": home["version"]}, "key": "nora", "generation": 1,
         "fields": {"name": "Nora", "email": f"nora@{name}.example", "role": "observer"}, "applied": applied()},
        {"op": "remove_contact", "id": leaver["id"], "version": leaver["version"], "reason": "left",
         "work_to": {"id": boss["id"], "version": boss["version"]}},
        {"op": "update_customer", "id": home["id"], "version": home["version"], "fields": {"language": "fr"}},
    ]  # fmt: skip
    body = {
        "lease": lease["id"], "token": lease["token"], "owner": "acme-translations", "run": "run_1", "commit": "4f1c4f1c",
        "operations": [{"change": f"change-{n}", **each} for n, each in enumerate(operations)],
    }  # fmt: skip
    return Write("POST", "/batches", body, key())


def approve(api: Api) -> Write:
    home, _ = api.a_customer("manager", name=_name())
    with api.store.write(SYSTEM) as work:
        fields = {"name": "Rita", "email": f"rita@{home['id'][4:]}.example", "role": "requester", "language": None}
        row = register(work, work.one("customer", home["id"]), fields)
        work.audit("sign-up", row, None, {})
    return Write("POST", f"/contacts/{row.id}/approve", {}, {**key(), "If-Match": '"1"'})


WRITES = (add_contact, change_address, offboard_with_work, batch, approve)
_numbers = iter(range(10**6))


def _name() -> str:
    return f"acme-{next(_numbers)}"


def whole(store: Store) -> dict[str, Any]:
    """All that a write may leave behind: every row of every table."""
    with store.read() as connection:
        return {
            table.name: sorted(map(repr, connection.execute(select(table)).all())) for table in t.metadata.sorted_tables
        }


def records(store: Store, write: Write) -> int:
    c = t.idempotency.c
    with store.read() as connection:
        found = select(func.count()).where(c.key == write.headers["Idempotency-Key"])
        return int(connection.execute(found).scalar_one())


@pytest.fixture
def forge(database: str, tmp_path: Path) -> Iterator[Forge]:
    open_store(database).engine.dispose()
    command = [sys.executable, "-m", "tests.portal.killed_server", database, str(tmp_path / "files")]
    process = subprocess.Popen(
        command, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=Path(__file__).parents[2]
    )
    yield Forge(process)
    process.communicate(timeout=20)


@pytest.mark.parametrize("make", WRITES, ids=lambda make: make.__name__)
def test_killed_at_any_statement_a_write_is_there_with_all_that_belongs_to_it_or_not_at_all(
    forge: Forge, database: str, make: Callable[[Api], Write]
) -> None:
    store = open_store(database, check_laws=True)
    api = Api.of(store)
    token = api.headers["Authorization"]
    first = EVERY if database.startswith("sqlite") else 1
    kept = undone = 0
    for n in range(first, MOST, EVERY):
        write = make(api)
        before = whole(store)
        with forge.server(dies_at=n) as (url, ended):
            try:
                answer = write.send(url, token)
            except httpx.TransportError:
                assert ended() == -signal.SIGKILL
            else:
                assert answer.status_code in {200, 201}, answer.text
                break  # it was answered before it came to n
        after = whole(store)
        done = records(store, write) == 1
        kept, undone = kept + done, undone + (not done)
        assert done or after == before, f"killed at {n} it left something"
        _retried(api, write, after if done else None)
    else:
        pytest.fail(f"more than {MOST} statements")
    assert undone > 2
    with forge.server(dies_at=0) as (url, _):
        assert write.send(url, token).headers["idempotency-replayed"] == "true"
    assert store.violations == []
    store.engine.dispose()


def _retried(api: Api, write: Write, done: dict[str, Any] | None) -> None:
    """The same request again ends in exactly one effect; what is done is not done again."""
    answer = api.request(write.method, write.path, json=write.body, headers=write.headers)
    assert answer.status_code in {200, 201}, answer.text
    if done is not None:
        assert answer.headers["idempotency-replayed"] == "true"
        assert whole(api.store) == done
    assert records(api.store, write) == 1


def test_killed_at_any_statement_an_upload_has_its_row_and_all_its_bytes_or_no_row(
    forge: Forge, database: str, tmp_path: Path
) -> None:
    store = open_store(database, files=tmp_path / "files", check_laws=True)
    api = Api.of(store)
    content = os.urandom(300_000)
    answered = lost = 0
    for n in range(EVERY if database.startswith("sqlite") else 1, MOST, EVERY):
        headers = {**key(), "If-None-Match": "*", "Content-Type": "application/octet-stream"}
        sent = {"params": {"name": "a.bin"}, "content": content, "headers": headers}
        with forge.server(dies_at=n) as (url, ended):
            try:
                whole = {**headers, "Authorization": api.headers["Authorization"]}
                answered += httpx.post(f"{url}/uploads", **{**sent, "headers": whole}, timeout=20).status_code == 201
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
