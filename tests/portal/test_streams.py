"""Streamed answers: whatever ends one, its source is closed; and nobody keeps the portal's connections for long."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import os
import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy.pool import QueuePool
from starlette.types import Message

from reconciler.portal import commands
from reconciler.portal.app import MAX_SNAPSHOTS, MAX_SNAPSHOTS_PER_CALLER, create_app
from reconciler.portal.rules.principals import Scope
from reconciler.portal.store.store import Store, open_store
from reconciler.portal.web.request_limits import TrafficLimits, TransferLimit
from reconciler.portal.web.security import new_token
from reconciler.portal.web.streaming import ReaderTooSlow, Source, StreamedResponse
from tests.portal.harness import Api
from tests.portal.office import office_of, upload
from tests.portal.servers import connected, served, until

BROKEN_OFF = 100


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A portal whose snapshot is larger than what a connection holds unread."""
    url = f"sqlite:///{tmp_path_factory.mktemp('streams') / 'portal.sqlite'}"
    commands.seed_many(url, 1000, 10)
    return url


@pytest.fixture
def store(database: str, tmp_path: Path) -> Iterator[Store]:
    opened = open_store(database, files=tmp_path / "files")
    yield opened
    opened.engine.dispose()


@pytest.fixture
def no_collector() -> Iterator[None]:
    """What is let go is let go by the program, not by a collector that comes by."""
    gc.collect()
    gc.disable()
    yield
    gc.enable()


def checked_out(store: Store) -> int:
    pool = store.engine.pool
    assert isinstance(pool, QueuePool)
    return pool.checkedout()


def open_files(folder: Path | None = None) -> list[str]:
    """What the process has open, or only what it has open in a folder."""
    paths = []
    for each in os.listdir("/proc/self/fd"):
        with contextlib.suppress(OSError):
            paths.append(os.readlink(f"/proc/self/fd/{each}"))
    return [path for path in paths if folder is None or path.startswith(str(folder))]


def asking(url: str, path: str, token: str) -> socket.socket:
    """A connection that asked, and reads no more than it is told to."""
    connection = connected(url)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
    head = f"GET {path} HTTP/1.1\r\nHost: portal\r\nAuthorization: {token}\r\nAccept-Encoding: identity\r\n\r\n"
    connection.sendall(head.encode())
    return connection


def broken_off(url: str, path: str, token: str) -> bytes:
    """The first line of an answer that is read no further."""
    with asking(url, path, token) as connection:
        return connection.recv(1000).partition(b"\r\n")[0]


def test_a_hundred_broken_off_snapshots_and_archives_keep_nothing(
    store: Store, tmp_path: Path, no_collector: None
) -> None:
    office = office_of(Api.of(store))
    file = upload(office.jane, "noise.bin", os.urandom(12_000_000))["id"]
    request = office.send(office.jane, file)["id"]
    token = str(office.jane.headers["Authorization"])
    reads = f"Bearer {new_token(store, Scope.READ, 'reads')}"
    paths = [
        ("/api/v1/snapshot", reads), (f"/api/v1/requests/{request}/files.zip", token),
        (f"/api/v1/requests/{request}/files/{file}", token),
    ]  # fmt: skip
    with served(create_app(store)) as url:
        answers = [broken_off(url, path, by) for path, by in paths]
        until(lambda: checked_out(store) == 0)
        before = len(open_files())
        for turn in range(BROKEN_OFF):
            answers.append(broken_off(url, *paths[turn % len(paths)]))
            until(lambda: checked_out(store) == 0)
        until(lambda: open_files(tmp_path / "files") == [])
        until(lambda: len(open_files()) <= before)
        assert httpx.get(f"{url}/readyz", timeout=20).status_code == 200
    assert set(answers) == {b"HTTP/1.1 200 OK"}


def statuses(url: str, tokens: list[str]) -> Iterator[bytes]:
    """The status of each snapshot that was asked for, as the answers begin."""
    for token in tokens:
        yield broken_off(url, "/api/v1/snapshot", token).split()[1]


def test_a_token_reads_four_snapshots_at_once_and_all_together_sixteen(store: Store) -> None:
    tokens = [f"Bearer {new_token(store, Scope.READ, f'reader-{n}')}" for n in range(5)]
    with served(create_app(store)) as url, contextlib.ExitStack() as stack:
        for token in tokens[:4]:
            for _ in range(MAX_SNAPSHOTS_PER_CALLER):
                held = stack.enter_context(asking(url, "/api/v1/snapshot", token))
                assert held.recv(15) == b"HTTP/1.1 200 OK"
            headers = {"Authorization": token}
            refused = httpx.get(f"{url}/api/v1/snapshot", headers=headers, timeout=20)
            assert (refused.status_code, refused.json()["type"], refused.headers["retry-after"]) == (
                503, "unavailable", "5",
            )  # fmt: skip
        assert checked_out(store) == MAX_SNAPSHOTS == 16
        assert list(statuses(url, tokens[4:])) == [b"503"]
        assert httpx.get(f"{url}/api/v1/meta", headers={"Authorization": tokens[4]}, timeout=20).status_code == 200
        stack.close()
        until(lambda: checked_out(store) == 0)
        assert list(statuses(url, tokens)) == [b"200"] * 5


@pytest.mark.parametrize(
    "pace", [TransferLimit(max_pause_s=0.3, min_bytes_per_s=64 * 1024), TransferLimit(max_pause_s=60, min_bytes_per_s=1, max_total_s=0.3)],
    ids=["slower than its pace", "longer than allowed"],
)  # fmt: skip
def test_a_snapshot_that_is_read_too_slowly_gives_its_connection_back(store: Store, pace: TransferLimit) -> None:
    token = f"Bearer {new_token(store, Scope.READ, 'slow')}"
    with served(create_app(store, limits=TrafficLimits(snapshot=pace))) as url:
        with asking(url, "/api/v1/snapshot", token) as connection:
            until(lambda: checked_out(store) == 1)
            until(lambda: checked_out(store) == 0)
            connection.settimeout(20)
            answer = b""
            with contextlib.suppress(ConnectionError):
                while part := connection.recv(65536):
                    answer += part
        assert answer.startswith(b"HTTP/1.1 200 OK")
        assert not answer.endswith(b"0\r\n\r\n")


def test_a_snapshot_that_is_read_steadily_is_whole(store: Store) -> None:
    token = new_token(store, Scope.READ, "steady")
    pace = TransferLimit(max_pause_s=20, min_bytes_per_s=64 * 1024, max_total_s=600)
    with served(create_app(store, limits=TrafficLimits(snapshot=pace))) as url:
        headers = {"Authorization": f"Bearer {token}"}
        text = httpx.get(f"{url}/api/v1/snapshot", headers=headers, timeout=60).text
    assert text.splitlines()[-1].startswith('{"kind":"trailer"')


def test_a_full_pool_is_a_503_that_says_when_to_come_again(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    pool = store.engine.pool
    assert isinstance(pool, QueuePool)
    assert pool.timeout() <= 5
    monkeypatch.setattr(pool, "_timeout", 0.1)
    token = new_token(store, Scope.READ, "waits")
    with Api(create_app(store), headers={"Authorization": f"Bearer {token}"}) as api:
        with contextlib.ExitStack() as stack:
            for _ in range(40):
                stack.enter_context(store.read())
            answer, page = api.get("/api/v1/meta"), api.get("/login")
        assert (answer.status_code, answer.json()["type"]) == (503, "unavailable")
        assert answer.json()["detail"] == "every connection to the database is in use"
        assert int(answer.headers["retry-after"]) > 0
        assert (page.status_code, int(page.headers["retry-after"]) > 0) == (503, True)
        assert page.headers["content-type"].startswith("text/html")
        assert api.get("/api/v1/meta").status_code == 200


class Recorded:
    """A source that notes in which threads it was opened and closed."""

    def __init__(self, part: Callable[[], bytes]) -> None:
        self.part = part
        self.opened: list[str] = []
        self.closed: list[str] = []

    @contextlib.contextmanager
    def source(self) -> Iterator[Source]:
        self.opened.append(threading.current_thread().name)
        try:
            yield Source(self.parts())
        finally:
            self.closed.append(threading.current_thread().name)

    def parts(self) -> Any:
        while True:
            yield self.part()


async def _silence() -> Message:
    await asyncio.Event().wait()
    raise AssertionError


async def _gone() -> Message:
    return {"type": "http.disconnect"}


async def _nothing_read(message: Message) -> None:
    if message["type"] == "http.response.body":
        await asyncio.Event().wait()


async def _read(_: Message) -> None:
    await asyncio.sleep(0)


def failing() -> bytes:
    raise OSError("the disk is gone")


@pytest.mark.parametrize(
    ("receive", "send", "part", "pace", "ended"),
    [
        (_gone, _read, lambda: b"x", None, None),
        (_silence, _nothing_read, lambda: b"x", TransferLimit(0.05, 1), ReaderTooSlow),
        (_silence, _read, lambda: b"x", TransferLimit(60, 1, max_total_s=0.05), ReaderTooSlow),
        (_silence, _read, failing, None, OSError),
    ],
    ids=["the caller is gone", "the reader is too slow", "the answer takes too long", "the source fails"],
)
def test_the_source_is_closed_however_the_answer_ends(
    receive: Any, send: Any, part: Callable[[], bytes], pace: TransferLimit | None, ended: type[BaseException] | None
) -> None:
    recorded = Recorded(part)

    async def answer() -> None:
        await StreamedResponse(recorded.source(), pace)({"type": "http"}, receive, send)

    with pytest.raises(ended) if ended else contextlib.nullcontext():
        asyncio.run(answer())
    assert len(recorded.opened) == len(recorded.closed) == 1
    assert "MainThread" not in (*recorded.opened, *recorded.closed)


def test_a_stop_closes_a_source_only_when_the_thread_that_works_for_it_is_done() -> None:
    begun, done = threading.Event(), threading.Event()
    order: list[str] = []

    def part() -> bytes:
        begun.set()
        done.wait(20)
        order.append("worked")
        return b"x"

    recorded = Recorded(part)

    async def stopped() -> None:
        task = asyncio.ensure_future(StreamedResponse(recorded.source())({"type": "http"}, _silence, _read))
        await asyncio.to_thread(begun.wait, 20)
        task.cancel()
        await asyncio.sleep(0)
        assert recorded.closed == []
        done.set()
        with pytest.raises(asyncio.CancelledError):
            await task
        order.append("closed")

    asyncio.run(stopped())
    assert order == ["worked", "closed"]
    assert len(recorded.closed) == 1
