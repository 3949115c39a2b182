"""Bodies: nobody's are read, everybody's are bounded, and none is parsed on the event loop."""

from __future__ import annotations

import asyncio
import contextlib
import json
import select
import socket
from collections.abc import Iterator
from typing import Any

import h11
import httpx
import pytest
from fastapi import FastAPI
from starlette.types import Message, Receive, Scope, Send

from reconciler.portal.api.openapi import operation_of
from reconciler.portal.app import api_routes, create_app
from reconciler.portal.rules import principals
from reconciler.portal.rules.policy import PERMISSIONS, PUBLIC
from reconciler.portal.rules.principals import PrincipalKind
from reconciler.portal.server.connections import MAX_HEAD_LINES, MAX_SMALL_PIECES, MIN_PIECE_BYTES
from reconciler.portal.store.store import Store, open_store
from reconciler.portal.web.body_budget import BATCH_LIMIT, BODY_LIMIT, BYTES_PER_CALLER, LIMITS, SMALL, BodyBudget
from reconciler.portal.web.body_validation import MAX_SYMBOLS, MAX_SYMBOLS_OF_BATCH
from reconciler.portal.web.security import new_token
from tests.portal.harness import Api, key, refused
from tests.portal.office import Office, an_office
from tests.portal.servers import connected, served, until

HELD_BACK = 25


@pytest.fixture
def store(tmp_path: object) -> Iterator[Store]:
    opened = open_store(f"sqlite:///{tmp_path}/portal.sqlite")
    yield opened
    opened.engine.dispose()


@pytest.fixture
def app(store: Store) -> FastAPI:
    return create_app(store)


def bearer(store: Store, scope: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {new_token(store, principals.Scope(scope), 'tests')}"}


class Counted:
    """The application, and how many bytes of bodies it asked for."""

    def __init__(self, app: FastAPI) -> None:
        self.app = app
        self.read = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def counting() -> Message:
            message = await receive()
            self.read += len(message.get("body", b""))
            return message

        await self.app(scope, counting, send)


def asked(app: FastAPI, method: str, path: str, content: bytes, **headers: str) -> tuple[httpx.Response, int]:
    """The answer, and how many bytes of the body were read for it."""
    counted = Counted(app)

    async def ask() -> httpx.Response:
        transport = httpx.ASGITransport(counted)
        async with httpx.AsyncClient(transport=transport, base_url="http://portal") as client:
            return await client.request(method, path, content=content, headers=headers)

    return asyncio.run(ask()), counted.read


NOBODY = {"Authorization": "Bearer rp_nobody"}


@pytest.mark.parametrize("headers", [{}, NOBODY, {"Authorization": "Basic eDp4"}], ids=["none", "unknown", "basic"])
def test_no_byte_of_a_body_is_read_before_a_401(app: FastAPI, headers: dict[str, str]) -> None:
    for path, methods in app.openapi()["paths"].items():
        for method, described in methods.items():
            if described.get("security") == [] or method == "get":
                continue
            answer, read = asked(app, method.upper(), path, b"x" * 1000, **headers)
            assert (answer.status_code, read) == (401, 0), (method, path)


def test_no_byte_of_a_body_is_read_of_who_may_not_do_this(store: Store, app: FastAPI) -> None:
    headers = bearer(store, "read")
    for path in ("/api/v1/batches", "/api/v1/customers", "/api/v1/uploads?name=a"):
        answer, read = asked(app, "POST", path, b"x" * 1000, **headers)
        assert (answer.status_code, read) == (403, 0)


def test_no_byte_of_a_body_is_read_where_there_is_no_route(store: Store, app: FastAPI) -> None:
    headers = bearer(store, "admin")
    for path, status in (("/api/v1/nothing", 404), ("/api/v1/meta", 405), ("/nothing/batches", 404)):
        answer, read = asked(app, "POST", path, b"x" * 1000, **headers)
        assert (answer.status_code, read) == (status, 0)


def test_no_byte_of_a_form_is_read_of_a_stranger_where_people_are_known(app: FastAPI) -> None:
    form = {"content-type": "application/x-www-form-urlencoded"}
    paths = [
        route.path for route in api_routes(app, hidden=True)
        if "POST" in (route.methods or ()) and not route.path.startswith("/api/") and operation_of(route) not in PUBLIC
    ]  # fmt: skip
    assert len(paths) > 20
    for path in paths:
        answer, read = asked(app, "POST", path, b"x" * 1000, **form)
        assert (answer.status_code, read) == (401, 0), path
        assert answer.headers["content-security-policy"] != "default-src 'none'; frame-ancestors 'none'"


def test_a_stranger_sends_16_kib_and_no_more(app: FastAPI) -> None:
    length = {"content-type": "application/json", "content-length": str(SMALL + 1)}
    for path in ("/api/v1/sign-ups", "/api/v1/sessions", "/api/v1/resets", "/api/v1/activations"):
        answer, read = asked(app, "POST", path, b" " * (SMALL + 1), **length)
        assert (refused(answer, "too-large")["detail"][-6:], read) == ("16,384", 0)
        answer, _ = asked(app, "POST", path, b" " * SMALL, **{"content-type": "application/json"})
        refused(answer, "malformed")
    form = {"content-type": "application/x-www-form-urlencoded"}
    for path in ("/login", "/sign-up"):
        answer, _ = asked(app, "POST", path, b"x" * (SMALL + 1), **form)
        assert answer.status_code == 413


def test_only_a_batch_may_be_large_and_only_of_a_token_that_may_send_one(store: Store, app: FastAPI) -> None:
    assert {limit: [name] for name, limit in LIMITS.items()} == {BATCH_LIMIT: ["batches.write"]}
    assert set(PERMISSIONS["batches.write"]) == {PrincipalKind.APPLY, PrincipalKind.ADMIN}
    headers = {**bearer(store, "admin"), "content-type": "application/json"}
    answer, read = asked(app, "POST", "/api/v1/customers", b" " * (BODY_LIMIT + 1), **headers)
    assert (refused(answer, "too-large")["status"], read) == (413, 0)
    answer, _ = asked(app, "POST", "/api/v1/batches", b" " * (BODY_LIMIT + 1), **headers)
    refused(answer, "malformed")
    answer, read = asked(app, "POST", "/api/v1/batches", b" " * (BATCH_LIMIT + 1), **headers)
    assert (refused(answer, "too-large")["status"], read) == (413, 0)


@pytest.mark.parametrize("part", [b"{},", b"1,", b'{"a":', b"[", b'"a",'])
@pytest.mark.parametrize(("path", "most"), [("/customers", MAX_SYMBOLS), ("/batches", MAX_SYMBOLS_OF_BATCH)])
def test_json_of_too_many_values_is_refused_while_it_is_read(
    store: Store, app: FastAPI, part: bytes, path: str, most: int
) -> None:
    wide = b"[" + part * most + b"1]"
    answer, _ = asked(
        app, "POST", f"/api/v1{path}", wide, **bearer(store, "admin"), **{"content-type": "application/json"}
    )
    assert f"{most:,} brackets" in refused(answer, "malformed")["detail"]


def test_no_body_is_parsed_on_the_event_loop_and_each_once(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    texts: list[str] = []
    on_the_loop: list[str] = []
    loads = json.loads

    def noting(text: Any, **more: Any) -> Any:
        texts.append(text if isinstance(text, str) else bytes(text).decode())
        if asyncio._get_running_loop() is not None:
            on_the_loop.append(texts[-1])
        return loads(text, **more)

    with Api.of(store) as api:
        lease = api.lease("customer:acme")
        headers = {**key(), "If-None-Match": "*"}
        batch = {
            "lease": lease["id"], "token": lease["token"], "owner": "acme-translations", "run": "run_1",
            "operations": [{"op": "create_customer", "change": "a", "key": "acme", "fields": {"name": "Acme"}}],
        }  # fmt: skip
        monkeypatch.setattr("json.loads", noting)
        sent = [
            api.post("/customers", json={"name": "Beta"}, headers=headers),
            api.post("/batches", json=batch, headers=key()), api.post("/batches", json={"a": 1}, headers=key()),
            api.post("/sessions", json={"email": "a@acme.example", "password": "x"}),
            api.post("/resets", json={"email": "a@acme.example"}),
        ]  # fmt: skip
        monkeypatch.undo()
    assert [answer.status_code for answer in sent] == [201, 200, 422, 401, 202]
    assert [texts.count(answer.request.content.decode()) for answer in sent] == [1] * len(sent)
    assert on_the_loop == []


def test_a_batch_that_is_wrong_is_told_where(store: Store) -> None:
    with Api.of(store) as api:
        answer = api.post("/batches", json={"operations": [{"op": "nothing"}]}, headers=key())
        problem = refused(answer, "unprocessable")
        assert "body/lease" in {each["at"] for each in problem["errors"]}
        assert refused(api.post("/batches", headers=key()), "unprocessable")["errors"][0]["at"] == "body"


def held_back(url: str, headers: dict[str, str], length: int = BATCH_LIMIT) -> socket.socket:
    """A connection with a batch of which the last byte does not come."""
    connection = connected(url)
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    connection.sendall(
        f"POST /api/v1/batches HTTP/1.1\r\nHost: portal\r\n{lines}Content-Length: {length}\r\n\r\n".encode()
    )
    return connection


def test_25_held_back_batches_get_a_part_of_the_budget_and_a_small_request_gets_through(
    store: Store, app: FastAPI
) -> None:
    headers = {**bearer(store, "apply"), "Content-Type": "application/json"}
    bodies: BodyBudget = app.state.body_budget
    with served(app) as url, contextlib.ExitStack() as stack:
        waiting = [stack.enter_context(held_back(url, headers)) for _ in range(HELD_BACK)]
        fit = BYTES_PER_CALLER // (BATCH_LIMIT - SMALL)
        refused_ones: set[socket.socket] = set()

        def all_are_refused() -> bool:
            for connection in select.select([each for each in waiting if each not in refused_ones], [], [], 0.1)[0]:
                answer = connection.recv(65536)
                assert answer.startswith(b"HTTP/1.1 503"), answer
                assert b"retry-after: 5" in answer.lower()
                refused_ones.add(connection)
            return len(refused_ones) >= HELD_BACK - fit

        until(all_are_refused)
        assert bodies.bytes_in_use == fit * (BATCH_LIMIT - SMALL)
        small = {"scopes": ["customer:acme"], "ttl_s": 60, "holder": "tests", "run": "run_1"}
        assert httpx.post(f"{url}/api/v1/leases", json=small, headers=headers, timeout=20).status_code == 201
        other = {**bearer(store, "apply"), "Content-Type": "application/json"}
        large = httpx.post(f"{url}/api/v1/batches", content=b" " * 1_000_000, headers=other, timeout=20)
        refused(large, "malformed")
        stack.close()
        until(lambda: bodies.bytes_in_use == 0)


def test_bytes_of_a_form_that_waits_are_counted_too(store: Store, app: FastAPI) -> None:
    office: Office = an_office(store)
    bodies: BodyBudget = app.state.body_budget
    token = office.jane.headers["Authorization"].removeprefix("Bearer ")
    with served(app) as url, connected(url) as connection:
        head = (
            f"POST /account HTTP/1.1\r\nHost: portal\r\nCookie: portal={token}\r\n"
            "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 200000\r\n\r\n"
        )
        connection.sendall(head.encode() + b"x" * 100_000)
        until(lambda: bodies.bytes_in_use == 100_000 - SMALL)
        connection.close()
        until(lambda: bodies.bytes_in_use == 0)


@pytest.mark.parametrize(("size", "goes_on"), [(1_000_000, True), (4_000_000, False), (BATCH_LIMIT, False)])
def test_an_answer_that_comes_before_the_body_arrives(
    store: Store, app: FastAPI, size: int, goes_on: bool
) -> None:  # fmt: skip
    with served(app) as url, httpx.Client(base_url=url, timeout=20) as client:
        for _ in range(3):
            answer = client.post("/api/v1/batches", content=b" " * size, headers=NOBODY)
            refused(answer, "unauthenticated")
            assert (answer.headers.get("connection") != "close") == goes_on
        assert client.get("/healthz").status_code == 200


def test_a_body_without_an_end_is_not_read_for_long(store: Store, app: FastAPI) -> None:
    with served(app) as url, connected(url) as connection:
        connection.sendall(b"POST /api/v1/batches HTTP/1.1\r\nHost: portal\r\nTransfer-Encoding: chunked\r\n\r\n")
        assert connection.recv(65536).startswith(b"HTTP/1.1 401")
        sent = 0
        with contextlib.suppress(ConnectionError):
            while sent < 100_000_000:
                connection.sendall(b"10000\r\n" + b" " * 65536 + b"\r\n")
                sent += 65536
    assert sent < 100_000_000


@pytest.fixture
def parsed(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """What the parser of every connection finds, as it finds it."""
    found: list[object] = []
    next_event = h11.Connection.next_event

    def noting(connection: h11.Connection) -> Any:
        event = next_event(connection)
        found.append(type(event))
        return event

    monkeypatch.setattr(h11.Connection, "next_event", noting)
    return found


@pytest.mark.parametrize("asks", ["POST /api/v1/sessions", "POST /api/v1/batches", "GET /login", "DELETE /nowhere"])
def test_a_body_in_pieces_of_a_byte_ends_the_connection_before_it_costs_time(
    app: FastAPI, parsed: list[object], asks: str
) -> None:
    head = f"{asks} HTTP/1.1\r\nHost: portal\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
    with served(app) as url, connected(url) as connection:
        connection.settimeout(20)
        with contextlib.suppress(ConnectionError):
            connection.sendall(head.encode() + b"1\r\nx\r\n" * 100_000)
            while connection.recv(65536):
                pass
        assert httpx.get(f"{url}/healthz", timeout=20).status_code == 200
    assert MAX_SMALL_PIECES < parsed.count(h11.Data) < MAX_SMALL_PIECES + MAX_SMALL_PIECES / MIN_PIECE_BYTES + 3


def test_a_head_of_very_many_lines_is_not_parsed(app: FastAPI, parsed: list[object]) -> None:
    with served(app) as url:
        for lines, status in ((MAX_HEAD_LINES - 3, b"200"), (MAX_HEAD_LINES, b"400"), (10_000, b"400")):
            parsed.clear()
            with connected(url) as connection:
                connection.settimeout(20)
                connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: portal\r\n" + b"X: y\r\n" * lines + b"\r\n")
                assert connection.recv(65536).startswith(b"HTTP/1.1 " + status)
            assert (h11.Request in parsed) is (status == b"200")


def test_a_body_with_very_many_mistakes_is_refused_as_a_whole(store: Store) -> None:
    with Api.of(store) as api:
        few = refused(api.post("/batches", json={f"k{n}": 1 for n in range(500)}, headers=key()), "unprocessable")
        many = refused(api.post("/batches", json={f"k{n}": 1 for n in range(50_000)}, headers=key()), "unprocessable")
    assert len(few["errors"]) == 20
    assert "errors" not in many
    assert many["detail"].startswith("the body has 50,0")
