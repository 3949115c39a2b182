"""A server killed while a file comes in: no row without its bytes, sent again it is there, what is left is swept."""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import select

from reconciler.portal.commands import create_token
from reconciler.portal.store import tables as t
from reconciler.portal.store.store import Store, open_store
from tests.pages.reader import Reader
from tests.portal.office import an_office
from tests.portal.servers import Server, connected, serving, until

CONTENT = os.urandom(3_000_000)
HEADERS = {
    "If-None-Match": "*", "Idempotency-Key": "killed-amid-1", "Content-Type": "application/octet-stream",
}  # fmt: skip


def rows(store: Store) -> set[str]:
    with store.read() as connection:
        return set(connection.execute(select(t.files.c.id)).scalars())


def names(files: Path) -> set[str]:
    return {path.name for path in files.glob("file_*")}


def half_an_upload(server: Server, _: Store) -> bytes:
    """The first half of a file, as the API takes it."""
    lines = [*(f"{name}: {value}" for name, value in HEADERS.items()), f"Authorization: Bearer {server.token}"]
    head = "\r\n".join(["POST /api/v1/uploads?name=a.bin HTTP/1.1", "Host: portal", *lines])
    return f"{head}\r\nContent-Length: {len(CONTENT)}\r\n\r\n".encode() + CONTENT[: len(CONTENT) // 2]


def half_a_form(_: Server, store: Store) -> bytes:
    """A form of a page: one whole file, and half of another."""
    jane = Reader.contact(store, an_office(store).ids["jane"])
    jane.open("/requests/new")
    parts = [
        ('name="mark"', jane.form_to("/requests").values["mark"][0].encode()),
        ('name="files"; filename="whole.txt"', b"Two words"),
        ('name="files"; filename="half.bin"', CONTENT[: len(CONTENT) // 2]),
    ]
    body = b"\r\n".join(
        f"--x\r\nContent-Disposition: form-data; {named}\r\n\r\n".encode() + part for named, part in parts
    )
    head = (
        f"POST /requests HTTP/1.1\r\nHost: portal\r\nCookie: portal={jane.cookies['portal']}\r\n"
        f"Content-Type: multipart/form-data; boundary=x\r\nContent-Length: {len(body) + 1_000_000}\r\n\r\n"
    )
    return head.encode() + body


@pytest.mark.parametrize(("half", "left"), [(half_an_upload, 1), (half_a_form, 2)], ids=["upload", "form"])
def test_killed_amid_a_file_the_portal_keeps_nothing_of_it_in_mind_and_sweeps_what_is_left(
    database: str, tmp_path: Path, half: Callable[[Server, Store], bytes], left: int
) -> None:
    files = tmp_path / "files"
    token, store = create_token(database, "admin", "tests"), open_store(database, files=files)
    with serving(database, "--files", str(files), token=token) as first, connected(first.url) as connection:
        connection.sendall(half(first, store))
        until(lambda: sum(path.stat().st_size for path in files.glob("*.part")) > 1_000_000)
        first.kill()
    lost = names(files)
    assert (len(lost), rows(store)) == (left, set())
    with serving(database, "--files", str(files), token=token) as second, second.client(**HEADERS) as client:
        sent, again = (client.post("/uploads", params={"name": "a.bin"}, content=CONTENT) for _ in range(2))
        assert (sent.status_code, sent.json()["sha256"]) == (201, hashlib.sha256(CONTENT).hexdigest())
        assert again.json() == sent.json()
        assert names(files) == lost | {sent.json()["id"]}
        assert second.stop() == 0
    long_ago = time.time() - 25 * 3600
    for path in files.iterdir():
        os.utime(path, (long_ago, long_ago))
    with serving(database, "--files", str(files), token=token):
        until(lambda: names(files) == rows(store) == {sent.json()["id"]})
    assert (files / sent.json()["id"]).read_bytes() == CONTENT
    store.engine.dispose()


def test_a_server_told_to_stop_amid_a_file_leaves_nothing_of_it(tmp_path: Path) -> None:
    database, files = f"sqlite:///{tmp_path / 'portal.sqlite'}", tmp_path / "files"
    token, store = create_token(database, "admin", "tests"), open_store(database, files=files)
    with serving(database, "--files", str(files), token=token) as server, connected(server.url) as connection:
        connection.sendall(half_an_upload(server, store))
        until(lambda: any(files.glob("*.part")))
        assert server.stop() == 0
    assert (names(files), rows(store)) == (set(), set())
    store.engine.dispose()
