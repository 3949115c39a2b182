"""More callers than a server takes: told so in its own words, and never those who watch it."""

from __future__ import annotations

import contextlib
import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from reconciler.portal.app import create_app
from reconciler.portal.rules.principals import Scope
from reconciler.portal.store.store import Store, open_store
from reconciler.portal.web.request_limits import HOST_SHARE, MAX_CONNECTIONS
from reconciler.portal.web.security import new_token
from tests.portal.servers import connected, served, until

MOST = 3
THREADS = 45
"""More writers than a process has threads for requests."""


@pytest.fixture
def store(tmp_path: object) -> Iterator[Store]:
    opened = open_store(f"sqlite:///{tmp_path}/portal.sqlite")
    yield opened
    opened.engine.dispose()


@pytest.fixture
def url(store: Store) -> Iterator[str]:
    with served(create_app(store), MOST) as address:
        yield address


@contextlib.contextmanager
def callers(url: str, number: int, sent: bytes, source: str = "127.0.0.1") -> Iterator[list[socket.socket]]:
    """So many connections on which this was sent."""
    with contextlib.ExitStack() as stack:
        found = [stack.enter_context(connected(url, source=source)) for _ in range(number)]
        for each in found:
            each.sendall(sent)
        yield found


def asked(url: str, path: str, accept_language: str = "en", source: str = "127.0.0.1", more: str = "") -> bytes:
    """Everything that is answered until the connection is closed, or broken."""
    found = b""
    with connected(url, source=source) as connection, contextlib.suppress(ConnectionError):
        request = f"GET {path} HTTP/1.1\r\nHost: portal\r\nAccept-Language: {accept_language}\r\n{more}Connection: close\r\n\r\n"
        connection.sendall(request.encode())
        while part := connection.recv(65536):
            found += part
    return found


BUSY = b"POST /api/v1/sign-ups HTTP/1.1\r\nHost: portal\r\nContent-Length: 100\r\n\r\n{"
IDLE = b"GET /healthz HTTP/1.1\r\nHost: portal\r\n\r\n"


def test_one_caller_too_many_is_asked_to_come_again_as_a_problem_or_on_a_page(url: str) -> None:
    with callers(url, MOST, BUSY):
        until(lambda: asked(url, "/api/v1/meta").startswith(b"HTTP/1.1 503"))
        answer = asked(url, "/api/v1/meta")
        assert b"content-type: application/problem+json" in answer
        assert b'"type":"unavailable"' in answer
        for head in (b"retry-after: 5", b"connection: close", b"x-content-type-options: nosniff"):
            assert head in answer.lower()
        page = asked(url, "/login", "de")
        assert page.startswith(b"HTTP/1.1 503")
        assert b"Das Portal ist gerade ausgelastet" in page
        for head in (b"content-type: text/html", b"retry-after: 5", b"style-src 'self'"):
            assert head in page.lower()
    until(lambda: asked(url, "/login").startswith(b"HTTP/1.1 200"))


def test_one_host_leaves_three_quarters_of_the_connections_to_others(store: Store) -> None:
    greedy, other = "127.0.0.2", "127.0.0.3"
    with served(create_app(store), 8) as url, callers(url, 8 // HOST_SHARE, BUSY, source=greedy):
        until(lambda: asked(url, "/login", source=greedy).startswith(b"HTTP/1.1 503"))
        assert asked(url, "/login", source=other).startswith(b"HTTP/1.1 200")
        assert asked(url, "/login").startswith(b"HTTP/1.1 200")


def test_one_host_behind_a_proxy_leaves_room_for_others(store: Store) -> None:
    greedy, other = "X-Forwarded-For: 203.0.113.9\r\n", "X-Forwarded-For: 203.0.113.10\r\n"
    busy = BUSY.replace(b"\r\n\r\n", b"\r\n" + greedy.encode() + b"\r\n", 1)
    with served(create_app(store)) as url:
        with callers(url, MAX_CONNECTIONS // HOST_SHARE, busy):
            until(lambda: asked(url, "/login", more=greedy).startswith(b"HTTP/1.1 503"))
            assert asked(url, "/login", more=other).startswith(b"HTTP/1.1 200")
        until(lambda: asked(url, "/login", more=greedy).startswith(b"HTTP/1.1 200"))


def test_who_watches_is_answered_however_many_call(url: str) -> None:
    with callers(url, MOST, BUSY):
        until(lambda: asked(url, "/login").startswith(b"HTTP/1.1 503"))
        assert asked(url, "/healthz").endswith(b'{"status":"ok"}')
        assert asked(url, "/readyz").endswith(b'{"status":"ready"}')
        assert asked(url, "/metrics").startswith(b"HTTP/1.1 401")


def test_an_idle_connection_makes_room_for_a_new_caller(url: str) -> None:
    with callers(url, MOST, IDLE) as idle:
        for each in idle:
            answer = b""
            while not answer.endswith(b"}"):
                answer += each.recv(65536)
        assert asked(url, "/login").startswith(b"HTTP/1.1 200")
        ended = 0
        for each in idle:
            each.settimeout(0.2)
            with contextlib.suppress(TimeoutError):
                ended += each.recv(1) == b""
        assert ended == 1


def test_far_too_many_are_not_even_heard(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("reconciler.portal.server.connections.MAX_ANSWERED_EXCESS", 2)
    with callers(url, MOST, BUSY):
        until(lambda: asked(url, "/login").startswith(b"HTTP/1.1 503"))
        with callers(url, 2, b""):
            time.sleep(0.2)
            assert asked(url, "/login") == b""
        until(lambda: asked(url, "/login").startswith(b"HTTP/1.1 503"))


def test_the_process_says_that_it_lives_while_every_thread_waits_for_the_database(store: Store) -> None:
    token = new_token(store, Scope.ADMIN, "tests")
    with served(create_app(store)) as address, ThreadPoolExecutor(THREADS) as pool:

        def write(n: int) -> int:
            headers = {"Authorization": f"Bearer {token}", "If-None-Match": "*", "Idempotency-Key": f"waiting-{n:04}"}
            body = {"name": f"Customer {n}"}
            return httpx.post(f"{address}/api/v1/customers", json=body, headers=headers, timeout=30).status_code

        with store.unversioned():
            waiting = [pool.submit(write, n) for n in range(THREADS)]
            time.sleep(1)
            answers = [httpx.get(f"{address}/healthz", timeout=2).status_code for _ in range(3)]
        assert {each.result() for each in waiting} == {201}
    assert answers == [200, 200, 200]
