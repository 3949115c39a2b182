"""A write that was answered is not done again: sent with the same key, it costs no disk, no hashing, no count.

Every write of the API and of the pages that carries a key is sent twice, from the tables by which they are killed.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from argon2 import PasswordHasher

from reconciler.portal.actions import passwords
from reconciler.portal.actions.passwords import HASHER
from reconciler.portal.app import create_app
from reconciler.portal.store.store import Store, open_store
from reconciler.portal.uploads.vault import IncomingFile, Vault
from tests.portal.every_form import FORMS
from tests.portal.every_write import API
from tests.portal.harness import Api, refused
from tests.portal.identity import Identity, identity, sign_on_at
from tests.portal.office import TEN_WORDS, Office, an_office, count_all, office_of
from tests.portal.servers import served
from tests.portal.writes import Ground, Rows, restored, whole

WRITES = {**API, **FORMS}
WORK = {
    "POST /api/v1/uploads": ["file"], "POST /requests": ["file"], "POST /requests/{id}/deliver": ["file"],
    "POST /activate/{secret}": ["hash"], "POST /reset/{secret}": ["hash"],
}  # fmt: skip
"""The writes with a key that begin with work that takes long. A route that is not here does none."""


@dataclass
class Work:
    """What was done that takes long."""

    done: list[str] = field(default_factory=list)


class CountedHasher(PasswordHasher):
    """The portal's own way to hash, noted each time."""

    work: Work

    def hash(self, password: str | bytes, *, salt: bytes | None = None) -> str:
        self.work.done.append("hash")
        return HASHER.hash(password, salt=salt)

    def verify(self, hash: str | bytes, password: str | bytes) -> Any:
        self.work.done.append("hash")
        return HASHER.verify(hash, password)


@pytest.fixture
def work(monkeypatch: pytest.MonkeyPatch) -> Work:
    found, hasher = Work(), CountedHasher()
    hasher.work = found
    monkeypatch.setattr(passwords, "HASHER", hasher)
    begin = IncomingFile.__init__

    def noted(incoming: IncomingFile, vault: Vault) -> None:
        found.done.append("file")
        begin(incoming, vault)

    monkeypatch.setattr(IncomingFile, "__init__", noted)
    return found


@dataclass
class Portal:
    ground: Ground
    url: str
    rows: Rows


@pytest.fixture(scope="module")
def provider() -> Iterator[Identity]:
    with identity() as running:
        yield running


@pytest.fixture(scope="module")
def portal(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory, provider: Identity) -> Iterator[Portal]:
    folder = tmp_path_factory.mktemp("repeats")
    shutil.copy(sqlite_template, folder / "portal.sqlite")
    store = open_store(f"sqlite:///{folder / 'portal.sqlite'}", files=folder / "files", check_invariants=True)
    with Api.of(store) as api, served(create_app(store, sign_on_at(provider.url))) as url:
        api.app.state.sign_on = sign_on_at(provider.url)  # type: ignore[attr-defined]
        yield Portal(Ground(office_of(api), provider), url, whole(store))
    store.engine.dispose()


@pytest.mark.parametrize("route", WRITES)
def test_a_write_sent_again_is_answered_from_memory(portal: Portal, work: Work, route: str) -> None:
    store = portal.ground.store
    restored(store, portal.rows)
    write = WRITES[route](replace(portal.ground, route=route))
    if write.key is None:
        return
    work.done.clear()
    first = write.send(portal.url)
    assert (first.status_code < 400, work.done) == (True, WORK.get(route, []))
    count_all(store)
    before = whole(store)
    work.done.clear()
    again = write.send(portal.url)
    if again.status_code in write.again:
        return
    assert (again.status_code, again.content) == (first.status_code, first.content)
    assert again.headers.get("location") == first.headers.get("location")
    assert (work.done, whole(store) == before) == ([], True)


@pytest.fixture
def office(store: Store) -> Office:
    return an_office(store)


def test_an_upload_is_answered_again_also_when_there_is_no_room_for_another(
    office: Office, work: Work, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("reconciler.portal.actions.uploads.MAX_PENDING", 1)
    headers = {"Idempotency-Key": "sent-twice", "If-None-Match": "*", "Content-Type": "application/octet-stream"}

    def sent(content: bytes) -> Any:
        return office.jane.post("/uploads", params={"name": "a.txt"}, content=content, headers=headers)

    first = sent(TEN_WORDS)
    assert (sent(TEN_WORDS).json(), work.done) == (first.json(), ["file"])
    refused(sent(b"Other words."), "idempotency-key-reused")
    assert work.done == ["file"]
