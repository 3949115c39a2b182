"""Several server processes on one PostgreSQL behave as one; and any of them starts, stops and dies in order."""

from __future__ import annotations

import itertools
import os
import signal
import socket
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import select, update

from reconciler.portal.actions.sessions import begin_session
from reconciler.portal.commands import create_token
from reconciler.portal.rules.principals import SYSTEM
from reconciler.portal.store import tables as t
from reconciler.portal.store.store import Store, open_store
from tests.portal.conftest import _database as database_of
from tests.portal.harness import Api, key
from tests.portal.servers import Server, serving, until
from tests.portal.sink import Sink, mail_sink

MAIL_FROM = ("--mail-from", "portal@provider.example")
RACES = 100
_names = itertools.count()


@pytest.fixture(scope="module")
def shared(postgres: str) -> str:
    return database_of(postgres, "portal_shared", "template_portal")


@pytest.fixture(scope="module")
def sink() -> Iterator[Sink]:
    with mail_sink() as running:
        yield running


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("files")


@pytest.fixture(scope="module")
def pair(shared: str, sink: Sink, files: Path) -> Iterator[tuple[Server, Server]]:
    """Two servers on one database."""
    token = create_token(shared, "admin", "the admin token")
    flags = ("--smtp", sink.url, *MAIL_FROM, "--files", str(files))
    with serving(shared, *flags, token=token) as one, serving(shared, *flags, token=token) as other:
        yield one, other


@pytest.fixture(scope="module")
def clients(pair: tuple[Server, Server]) -> Iterator[tuple[httpx.Client, httpx.Client]]:
    with pair[0].client() as one, pair[1].client() as other:
        yield one, other


@pytest.fixture(scope="module")
def store(shared: str, files: Path) -> Iterator[Store]:
    opened = open_store(shared, files=files)
    yield opened
    opened.engine.dispose()


Clients = tuple[httpx.Client, httpx.Client]


def a_customer(client: httpx.Client) -> dict[str, Any]:
    answer = client.post(
        "/customers", json={"name": f"Customer {next(_names)}"}, headers={**key(), "If-None-Match": "*"}
    )
    assert answer.status_code == 201, answer.text
    created: dict[str, Any] = answer.json()
    return created


def test_the_same_key_sent_to_both_at_once_has_one_effect(clients: Clients) -> None:
    for n in range(RACES):
        same = {"Idempotency-Key": f"race-{n:08}", "If-None-Match": "*"}
        with ThreadPoolExecutor(2) as pool:
            barrier = threading.Barrier(2)

            def send(client: httpx.Client) -> httpx.Response:
                barrier.wait(10)  # noqa: B023  the pool ends within the turn
                return client.post("/customers", json={"name": f"Raced {n}"}, headers=same)  # noqa: B023

            one, other = pool.map(send, clients)
        assert (one.status_code, other.status_code, one.json()) == (201, 201, other.json())
        assert [answer.headers.get("idempotency-replayed") for answer in (one, other)].count("true") == 1
    found, cursor = [], None
    while True:
        params = {"limit": 200, **({"cursor": cursor} if cursor else {})}
        page = clients[0].get("/customers", params=params).json()
        found += [row["name"] for row in page["items"] if row["name"].startswith("Raced")]
        if (cursor := page["next"]) is None:
            break
    assert sorted(found) == sorted(f"Raced {n}" for n in range(RACES))


def test_revisions_become_visible_in_order_whoever_wrote_them(clients: Clients) -> None:
    began = clients[0].get("/meta").json()["revision"]
    writing = threading.Event()
    seen: list[tuple[int, set[int]]] = []

    def look() -> None:
        for client in itertools.cycle(clients):
            page = client.get("/changes", params={"since": began, "limit": 200}).json()
            seen.append((page["revision"], {entry["revision"] for entry in page["items"]}))
            if writing.is_set():
                return

    watcher = threading.Thread(target=look)
    watcher.start()
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda n: a_customer(clients[n % 2]), range(60)))
    writing.set()
    watcher.join(30)
    final = seen[-1][1]
    for revision, entries in seen:
        assert entries == {each for each in final if each <= revision}, "a revision came to light later"
    assert len(seen) > 3


def test_a_lease_taken_at_one_is_seen_at_the_other(clients: Clients) -> None:
    body = {"scopes": ["customer:acme"], "ttl_s": 60, "holder": "first", "run": "run_1"}
    lease = clients[0].post("/leases", json=body).json()
    held = clients[1].post("/leases", json={**body, "holder": "second"})
    assert (held.status_code, held.json()["type"], held.json()["holder"]) == (409, "lease-held", "first")
    renewed = clients[1].put(f"/leases/{lease['id']}", json={"token": lease["token"], "ttl_s": 60})
    assert renewed.status_code == 200
    assert clients[1].delete(f"/leases/{lease['id']}").status_code == 204
    assert clients[0].post("/leases", json=body).status_code == 201


def test_a_session_of_one_is_valid_at_the_other_and_ends_at_both(
    clients: Clients, pair: tuple[Server, Server], store: Store
) -> None:
    home = a_customer(clients[0])
    contact = clients[0].post(
        "/contacts", headers={**key(), "If-None-Match": "*"},
        json={"customer": home["id"], "name": "Rita", "role": "requester", "email": f"rita@{home['id'][4:]}.example"},
    ).json()  # fmt: skip
    with store.write(SYSTEM) as work:
        work.get("contact", contact["id"])["status"] = "active"
        session = begin_session(work, contact=contact["id"])["token"]
    for server in pair:
        found = httpx.get(f"{server.url}/api/v1/account", headers={"Authorization": f"Bearer {session}"})
        assert (found.status_code, found.json()["id"]) == (200, contact["id"])
    now = clients[1].get(f"/contacts/{contact['id']}")
    gone = clients[1].delete(f"/contacts/{contact['id']}", headers={**key(), "If-Match": now.headers["etag"]})
    assert gone.status_code == 200
    for server in pair:
        assert (
            httpx.get(f"{server.url}/api/v1/account", headers={"Authorization": f"Bearer {session}"}).status_code == 401
        )


def test_both_carry_mails_and_no_mail_leaves_twice(clients: Clients, sink: Sink, store: Store) -> None:
    home = a_customer(clients[0])
    for n in range(40):
        answer = clients[n % 2].post(
            "/contacts", headers={**key(), "If-None-Match": "*"},
            json={"customer": home["id"], "name": f"P {n}", "role": "observer", "email": f"p{n}@{home['id'][4:]}.example"},
        )  # fmt: skip
        assert answer.status_code == 201

    def all_sent() -> bool:
        with store.read() as connection:
            return set(connection.execute(select(t.outbox.c.state)).scalars()) == {"sent"}

    until(all_sent)
    with store.read() as connection:
        written = sorted(connection.execute(select(t.outbox.c.message_id)).scalars())
    assert sorted(str(taken.message["Message-ID"]) for taken in sink.taken) == written


def test_figures_of_both_agree_on_the_database(pair: tuple[Server, Server]) -> None:
    found = []
    for server in pair:
        text = httpx.get(f"{server.url}/metrics", headers={"Authorization": f"Bearer {server.token}"}).text
        assert 'portal_requests_total{method="POST",route="/api/v1/customers",status="201"}' in text
        found.append([line for line in text.splitlines() if line.startswith(("portal_revision", "portal_customers"))])
    assert found[0] == found[1]


@pytest.mark.parametrize("moment", ["before the answer", "after the answer"])
def test_a_server_killed_while_it_sends_costs_at_most_one_more_copy(database: str, moment: str) -> None:
    store = open_store(database)
    Api.of(store).a_customer("requester")
    with mail_sink() as sink:
        with serving(database, "--smtp", sink.url, *MAIL_FROM) as first:

            def die(_taken: object) -> None:
                if moment == "before the answer":
                    first.process.kill()

            sink.on_taken = die
            until(lambda: sink.taken)
            first.kill()
        sink.on_taken = lambda _: None
        with store.unversioned() as connection:  # what five minutes do to a mail whose taker died
            connection.execute(update(t.outbox).values(next_try_at=store.clock()).where(t.outbox.c.state == "sending"))
        with serving(database, "--smtp", sink.url, *MAIL_FROM) as second:
            until(lambda: Api.of(store).items("/outbox")[0]["state"] == "sent")
            assert second.stop() == 0
    store.engine.dispose()
    assert len(sink.taken) <= 2
    assert len({taken.message["Message-ID"] for taken in sink.taken}) == 1
    assert len({taken.raw for taken in sink.taken}) == 1


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_server_told_to_stop_finishes_what_is_under_way_and_ends_with_0(tmp_path: Path, number: int) -> None:
    database = f"sqlite:///{tmp_path / 'portal.sqlite'}"
    token = create_token(database, "admin", "the admin token")
    with serving(database, token=token) as server:
        address = server.url.removeprefix("http://").split(":")
        body = b'{"name": "Acme"}'
        with socket.create_connection((address[0], int(address[1]))) as slow:
            head = (
                "POST /api/v1/customers HTTP/1.1\r\nHost: portal\r\nContent-Type: application/json\r\n"
                f"Authorization: Bearer {token}\r\nIdempotency-Key: stopping-1\r\nIf-None-Match: *\r\n"
                f"Content-Length: {len(body)}\r\n\r\n"
            )
            slow.sendall(head.encode() + body[:5])
            until(lambda: httpx.get(f"{server.url}/healthz").status_code == 200)
            server.process.send_signal(number)
            until(lambda: any(line["event"] == "Shutting down" for line in server.log))
            slow.sendall(body[5:])
            assert slow.recv(65536).startswith(b"HTTP/1.1 201")
        assert server.process.wait(10) == 0
    assert server.log[-1]["event"] == "stopped"
    store = open_store(database)
    assert [row["name"] for row in Api.of(store).items("/customers")] == ["Acme"]
    store.engine.dispose()


def test_a_server_stops_in_time_though_its_mail_server_hangs_and_a_caller_never_ends(tmp_path: Path) -> None:
    database = f"sqlite:///{tmp_path / 'portal.sqlite'}"
    store = open_store(database)
    Api.of(store).a_customer("requester")
    with mail_sink() as sink:
        sink.silent.set()
        with serving(database, "--smtp", sink.url, *MAIL_FROM) as server:
            until(lambda: Api.of(store).items("/outbox")[0]["state"] == "sending")
            address = server.url.removeprefix("http://").split(":")
            with socket.create_connection((address[0], int(address[1]))) as slow:
                slow.sendall(b"POST /api/v1/sign-ups HTTP/1.1\r\nHost: portal\r\nContent-Length: 5\r\n\r\n{")
                until(lambda: httpx.get(f"{server.url}/healthz").status_code == 200)
                assert server.stop() == 0
    store.engine.dispose()


def begun(address: str, head: str) -> socket.socket:
    """A connection on which a request has begun."""
    host, port = address.removeprefix("http://").split(":")
    connection = socket.create_connection((host, int(port)), timeout=180)
    connection.sendall(head.replace("\n", "\r\n").encode())
    return connection


def whole(connection: socket.socket) -> bytes:
    """What still comes until the other side closes."""
    with connection:
        return b"".join(iter(lambda: connection.recv(65536), b""))


def test_who_has_no_answer_yet_when_a_server_stops_is_told_when_to_ask_again(tmp_path: Path) -> None:
    database = f"sqlite:///{tmp_path / 'portal.sqlite'}"
    token = create_token(database, "admin", "tests")
    with serving(database, token=token) as server:
        upload = begun(server.url, (
            f"POST /api/v1/uploads?name=a.txt HTTP/1.1\nHost: portal\nAuthorization: Bearer {token}\n"
            "Idempotency-Key: stopping-2\nIf-None-Match: *\nContent-Type: application/octet-stream\n"
            "Content-Length: 100000\n\nxxxx"
        ))  # fmt: skip
        form = begun(server.url, (
            "POST /login HTTP/1.1\nHost: portal\nContent-Type: application/x-www-form-urlencoded\n"
            "Content-Length: 100\n\nemail="
        ))  # fmt: skip
        until(lambda: httpx.get(f"{server.url}/healthz").status_code == 200)
        assert server.stop() == 0
        for connection, kind in ((upload, b"application/problem+json"), (form, b"text/html")):
            answer = whole(connection)
            assert answer.startswith(b"HTTP/1.1 503 "), answer
            assert b"retry-after: 5\r\n" in answer
            assert b"content-type: " + kind in answer
    assert [line["event"] for line in server.log if line.get("status") == 503] == ["problem", "request"] * 2
    assert {line["level"] for line in server.log} == {"info"}, server.raw
    assert list((tmp_path / "portal.sqlite-files").iterdir()) == []


def test_a_download_that_a_stop_cuts_off_cannot_be_taken_for_whole(tmp_path: Path) -> None:
    database, size = f"sqlite:///{tmp_path / 'portal.sqlite'}", 32 * 1024 * 1024
    token = create_token(database, "admin", "tests")
    with serving(database, token=token) as server, server.client() as client:
        created = {**key(), "If-None-Match": "*"}
        home = a_customer(client)
        person = {
            "customer": home["id"],
            "name": "Rita",
            "role": "requester",
            "email": f"rita@{home['id'][4:]}.example",
        }
        owner = client.post("/contacts", json=person, headers={**key(), "If-None-Match": "*"}).json()
        sent = client.post(
            "/uploads?name=a.bin", content=os.urandom(size), headers={**created, "Content-Type": "application/octet-stream"}
        ).json()  # fmt: skip
        request = client.post("/requests", headers={**key(), "If-None-Match": "*"}, json={
            "owner": owner["id"], "title": "Manual", "source_language": "en", "target_languages": ["de"],
            "files": [sent["id"]],
        }).json()  # fmt: skip
        path = f"/api/v1/requests/{request['id']}"
        asked = f"HTTP/1.1\nHost: portal\nAuthorization: Bearer {token}\n\n"
        one = begun(server.url, f"GET {path}/files/{sent['id']} {asked}")
        archive = begun(server.url, f"GET {path}/files.zip {asked}")
        heads = [connection.recv(1000).lower() for connection in (one, archive)]
        assert server.stop() == 0
        rest = [whole(connection) for connection in (one, archive)]
    assert f"content-length: {size}".encode() in heads[0]
    assert len(rest[0]) < size
    assert b"transfer-encoding: chunked" in heads[1]
    assert not rest[1].endswith(b"0\r\n\r\n")
    assert [line["level"] for line in server.log if line["event"] == "cut"] == ["warning"] * 2
    assert {line["level"] for line in server.log} == {"info", "warning"}, server.raw
