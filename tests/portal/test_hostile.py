"""Requests by people who mean harm, or by programs that are broken: a problem each time, never a 500.

The numbers in names are those of the list of hostile requests that the portal was built against.
"""

from __future__ import annotations

import contextlib
import gzip
import itertools
import json
import random
import select
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from reconciler.portal.commands import create_token
from reconciler.portal.store.store import open_store
from reconciler.portal.web.body_budget import BATCH_LIMIT, BODY_LIMIT
from reconciler.portal.web.body_validation import MAX_DEPTH
from tests.portal.conftest import _database as database_of
from tests.portal.harness import Api, Clock, key, refused
from tests.portal.servers import Server, serving, until

SEEDS = range(20)
_names = itertools.count()
CREATES = {"If-None-Match": "*", "Content-Type": "application/json"}
TEXTS = (
    "'; DROP TABLE contacts; --", "%' OR '1'='1", "%s%n%d", "{{7*7}}", "${jndi:ldap://x.example}", "../../etc/passwd",
    "<script>alert(1)</script>", "\u200fevil", "Ω≈ç√∫", "𝒜\U0010ffff", "a" * 200, "=HYPERLINK(1)", "null", "0", "-1",
    "%00", "%0d%0aX-Evil: 1", "\\u0000", "ﷺ" * 60, "NaN",
)  # fmt: skip


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def api(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    """One portal on each database for all that comes: nothing of it may do harm to what comes after."""
    if request.param == "sqlite":
        database = f"sqlite:///{tmp_path_factory.mktemp('hostile') / Path('portal.sqlite')}"
    else:
        database = database_of(request.getfixturevalue("postgres"), f"hostile_{next(_names)}", "template_portal")
    store = open_store(database, Clock(), check_invariants=True)
    with Api.of(store) as client:
        yield client
    store.engine.dispose()
    assert store.violations == []


def fresh() -> str:
    """A name nobody has."""
    return f"acme-{next(_names)}"


def send(api: Api, content: Any, path: str = "/customers", **headers: str) -> Any:
    return api.post(path, content=content, headers={**key(), **CREATES, **headers})


def test_1_bodies_beyond_the_limit(api: Api) -> None:
    refused(send(api, b" " * (10 * 1024 * 1024)), "too-large")
    refused(send(api, iter([b" " * 65536] * 20)), "too-large")
    assert refused(send(api, b" " * (BODY_LIMIT + 1)), "too-large")["detail"].endswith("1,048,576")
    refused(send(api, b" " * (BATCH_LIMIT + 1), "/batches"), "too-large")
    refused(send(api, b" " * (BATCH_LIMIT - 1), "/batches"), "malformed")


@pytest.mark.parametrize("content", ["{", "", '{"name":}', "nul", b"\xff\xfe{\0}\0", b'{"name": "\xc3"}', '{"name": "\\ud800"}', "[]", '"x"', "1"])  # fmt: skip
def test_2_what_is_no_json_or_no_object(api: Api, content: str | bytes) -> None:
    answer = send(api, content)
    assert refused(answer, answer.json()["type"])["status"] in {400, 422}


@pytest.mark.parametrize("content", ['{"name": "a", "name": "b"}', '{"name": "a", "protected": NaN}', '{"name": 1e999}', '{"name": -Infinity}'])  # fmt: skip
def test_3_and_4_json_that_two_readers_would_read_differently(api: Api, content: str) -> None:
    refused(send(api, content), "malformed")


@pytest.mark.parametrize("deep", [MAX_DEPTH + 1, 1_000, 100_000])
def test_4_json_that_is_too_deep(api: Api, deep: int) -> None:
    refused(send(api, f'{{"name": {"[" * deep}{"]" * deep}}}'), "malformed")


def test_4_a_number_of_a_million_digits(api: Api) -> None:
    refused(send(api, '{"name": "a", "protected": ' + "9" * 900_000 + "}"), "malformed")


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "application/xml", "", "application/jsonx"])  # fmt: skip
def test_5_other_types_of_content(api: Api, kind: str) -> None:
    refused(send(api, '{"name": "a"}', **{"Content-Type": kind}), "unsupported-media-type")


@pytest.mark.parametrize("field", ["is_admin", "id", "version", "status", "owner", "external_key", "applied", "touched", "revision", "registration_code", "name_form", "archived", "__proto__", "constructor"])  # fmt: skip
def test_6_fields_that_are_not_the_callers_to_write(api: Api, field: str) -> None:
    refused(send(api, json.dumps({"name": "Acme", field: True})), "unprocessable")
    home, (row,) = api.a_customer("requester", name=fresh())
    refused(api.write("PATCH", f"/customers/{home['id']}", 1, {field: "x"}), "unprocessable")
    refused(api.write("PATCH", f"/contacts/{row['id']}", 1, {field: "x"}), "unprocessable")


@pytest.mark.parametrize("field", ["customer", "password", "generation", "removed", "registration", "decision", "fingerprint", "address_form"])  # fmt: skip
def test_6_fields_of_a_contact_that_nobody_writes(api: Api, field: str) -> None:
    _, (row,) = api.a_customer("requester", name=fresh())
    refused(api.write("PATCH", f"/contacts/{row['id']}", 1, {field: "x"}), "unprocessable")


@pytest.mark.parametrize("id", ["..%2f1", "%2e%2e%2f1", "1;drop", str(2**63), "-1", "a" * 5000, "con_%F0%9F%92%A9", "%ff", "con_' OR 1=1", "*", "{id}", "cus_"])  # fmt: skip
def test_7_and_8_ids_of_nothing(api: Api, id: str) -> None:
    for path in ("contacts", "customers", "services", "requests", "outbox"):
        assert api.get(f"/{path}/{id}").json()["status"] in {404, 405}
    assert api.write("POST", f"/contacts/{id}/offboard", 1, {}).json()["status"] in {404, 405}
    assert api.write("DELETE", f"/services/{id}", 1).json()["status"] in {404, 405}


def test_8_a_nul_in_an_address(api: Api) -> None:
    for path in ("/contacts/%00", "/contacts?email=%00", "/contacts/con_%00x"):
        refused(api.get(path), "malformed")


@pytest.mark.parametrize("tag", ["*", 'W/"1"', "1", '"x"', '""', '"1", "2"', '"-1"', '"1"x', '"9999999999999999"', "é"])
def test_9_preconditions_that_say_nothing_exact(api: Api, tag: str) -> None:
    home, _ = api.a_customer(name=fresh())
    headers = {**key(), "If-Match": tag.encode("latin-1")}
    answer = api.patch(f"/customers/{home['id']}", json={"name": "B"}, headers=headers)
    refused(answer, "malformed")
    assert api.row(f"/customers/{home['id']}")["name"].startswith("acme-")


def test_9_two_preconditions_and_another_version(api: Api) -> None:
    home, _ = api.a_customer(name=fresh())
    twice = [*key().items(), ("If-Match", '"1"'), ("If-Match", '"1"')]
    refused(api.patch(f"/customers/{home['id']}", json={"name": "B"}, headers=twice), "malformed")
    refused(api.write("PATCH", f"/customers/{home['id']}", 999, {"name": "B"}), "stale")


def test_10_no_precondition(api: Api) -> None:
    home, _ = api.a_customer(name=fresh())
    refused(api.patch(f"/customers/{home['id']}", json={"name": "B"}, headers=key()), "precondition-required")
    refused(api.post("/customers", json={"name": "B"}, headers=key()), "precondition-required")


@pytest.mark.parametrize("wrong", [None, "", "short", "x" * 201, "x" * 10_000, "with space", "tab\there", "ümlaut"])
def test_11_idempotency_keys_that_are_none(api: Api, wrong: str | None) -> None:
    headers: dict[str, Any] = {
        "If-None-Match": "*",
        **({"Idempotency-Key": wrong.encode("latin-1")} if wrong is not None else {}),
    }
    refused(api.post("/customers", json={"name": "B"}, headers=headers), "idempotency-key-required")


def test_11_another_tokens_key_is_another_key(api: Api) -> None:
    headers = {**key(), "If-None-Match": "*"}
    body = {"name": fresh()}
    assert api.post("/customers", json=body, headers=headers).status_code == 201
    with Api.of(api.store) as other:
        refused(other.post("/customers", json=body, headers=headers), "name-taken")


@pytest.mark.parametrize("query", ["limit=0", "limit=-1", "limit=1e9", "limit=201", "limit=x", "limit=", "since=-1", "status=password", "sort=password_hash", "order_by=1", "fields=password", "limit=1&evil=1", "include=everything"])  # fmt: skip
def test_12_and_18_parameters_that_are_none(api: Api, query: str) -> None:
    answer = api.get(f"/contacts?{query}")
    assert refused(answer, answer.json()["type"])["status"] in {400, 422}


@pytest.mark.parametrize("cursor", ["x", "....", "eA", "é", "A" * 200, "ZXBvY2g6Y29uX3g", "OmNvbl94", "' OR 1=1", "%2e", "AAAA", "WyJcdWQ4MDAiLCJiIl0", "WzkyMjMzNzIwMzY4NTQ3NzU4MDgsOTIyMzM3MjAzNjg1NDc3NTgwOF0", "ZTHtoIA"])  # fmt: skip
def test_13_cursors_that_nobody_gave(api: Api, cursor: str) -> None:
    answer = api.get("/contacts", params={"cursor": cursor})
    assert refused(answer, answer.json()["type"])["status"] in {400, 410}


@pytest.mark.parametrize("method", ["TRACE", "CONNECT", "PROPFIND", "OPTIONS", "PURGE", "M" * 100])
def test_14_methods_that_a_path_does_not_have(api: Api, method: str) -> None:
    answer = api.request(method, "/contacts")
    refused(answer, "method-not-allowed")
    assert answer.headers["allow"] == "GET, HEAD, POST"
    assert "Authorization" not in answer.text


def test_14_a_method_in_a_header_is_no_method(api: Api) -> None:
    home, _ = api.a_customer(name=fresh())
    for header in ("X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override"):
        assert api.get(f"/customers/{home['id']}", headers={header: "DELETE"}).status_code == 200
        refused(api.post(f"/customers/{home['id']}", headers={header: "PATCH", **key()}), "method-not-allowed")


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:443", "portal.example@evil.example", "127.0.0.1:1", "["]
)
def test_15_links_never_come_from_the_host_header(api: Api, host: str) -> None:
    headers = {**key(), "If-None-Match": "*", "Host": host, "X-Forwarded-Host": host, "Forwarded": f"host={host}"}
    home = api.post("/customers", json={"name": fresh()}, headers=headers)
    assert home.headers["location"] == f"/api/v1/customers/{home.json()['id']}"
    body = {"customer": home.json()["id"], "name": "A", "email": f"{fresh()}@acme.example", "role": "observer"}
    added = api.post("/contacts", json=body, headers={**headers, **key()})
    (mail,) = api.items("/outbox", contact=added.json()["id"])
    assert "evil" not in mail["text"] + mail["html"] + mail["message_id"]
    assert "http://127.0.0.1:8000/activate/" in mail["text"]
    for path in ("/contacts/", "/customers/"):
        answer = api.get(path, headers=headers, follow_redirects=False)
        assert (answer.status_code, answer.headers.get("location")) == (404, None)


@pytest.mark.parametrize("text", ["a\0b", "a\nb", "a\rb", "a\tb", "\x1b[31m", "\x85", "\u2028", "\u202eb", "\u2066b", " ", "\t"])  # fmt: skip
def test_19_texts_with_what_is_no_text(api: Api, text: str) -> None:
    refused(send(api, json.dumps({"name": text})), "unprocessable")
    home, _ = api.a_customer(name=fresh())
    body = {"customer": home["id"], "name": text, "email": "a@acme.example", "role": "observer"}
    refused(api.post("/contacts", json=body, headers={**key(), **CREATES}), "unprocessable")


@pytest.mark.parametrize(
    "email", ["{}@\uff41cme.example", "{}@acme\u3002example", "{}@\u24d0cme.example", "\uff41{}@acme.example", "A{}@ACME.example"]
)  # fmt: skip
def test_21_an_address_in_other_forms_of_its_letters_is_the_same_login(api: Api, email: str) -> None:
    home, _ = api.a_customer(name=fresh())
    local = fresh()
    plain = f"{'' if email[0] == '{' else 'a'}{local}@acme.example"
    body = {"customer": home["id"], "name": "Anna", "role": "observer"}
    api.create("/contacts", **body, email=plain)
    again = api.post("/contacts", json={**body, "email": email.format(local)}, headers={**key(), **CREATES})
    refused(again, "address-taken")
    assert len(api.items("/contacts", email=email.format(local))) == 1
    api.create("/contacts", **body, email=f"{local}@\u0430cme.example")


@pytest.mark.parametrize("coding", ["gzip", "deflate", "br", "zstd", "identity, gzip", "x-evil"])
def test_20_bodies_that_would_grow(api: Api, coding: str) -> None:
    bomb = gzip.compress(b" " * (50 * 1024 * 1024))
    refused(send(api, bomb, **{"Content-Encoding": coding}), "unsupported-media-type")


@pytest.mark.parametrize("text", TEXTS)
def test_texts_come_back_as_they_were_sent_and_do_nothing(api: Api, text: str) -> None:
    name = f"{next(_names)} {text}"[:190]
    home = api.create("/customers", name=name, description=text, project_managers=["lee@provider.example"])
    assert (api.row(f"/customers/{home['id']}")["name"], home["description"]) == (name, text)
    api.create("/contacts", customer=home["id"], name=name, email=f"{fresh()}@acme.example", role="manager")
    for query in ("email", "external_key", "customer"):
        assert api.items("/contacts", **{query: text[:30]}) == []
    assert [row["name"] for row in api.items("/contacts", customer=home["id"])] == [name]


@pytest.mark.parametrize("seed", SEEDS)
def test_whatever_is_sent_is_answered_and_never_with_500(api: Api, seed: int) -> None:
    chance = random.Random(seed)
    home, (row,) = api.a_customer("manager", name=fresh())
    paths = list(api.get("/openapi.json").json()["paths"])
    for _ in range(40):
        path = chance.choice(paths).removeprefix("/api/v1")
        for name in ("{id}", "{action}"):
            path = path.replace(name, chance.choice([home["id"], row["id"], "restore", "x", "%20", "..", "💩"]))
        headers: list[tuple[str, Any]] = [*key().items()]
        headers += chance.sample([
            ("If-Match", '"1"'), ("If-None-Match", "*"), ("Content-Type", "application/json"), ("Accept", "x/y;q=9"),
            ("Content-Encoding", "gzip"), ("Range", "bytes=0-"), ("Accept-Encoding", "gzip"), ("Cookie", "portal=x"),
            ("Expect", "100-continue"), ("X-Forwarded-For", "' OR 1=1"), ("Content-Length", "3"),
        ], chance.randint(0, 5))  # fmt: skip
        body = chance.choice(
            [b"", b"{}", b"[]", b"null", json.dumps(_anything(chance, 4)).encode(), chance.randbytes(40)]
        )
        method = chance.choice(["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"])
        answer = api.request(method, path, content=body, headers=headers)
        assert answer.status_code < 500, (seed, method, path, body, answer.text)
        if answer.status_code >= 400 and method != "HEAD":
            refused(answer, answer.json()["type"])


def _anything(chance: random.Random, depth: int) -> Any:
    names = ["name", "email", "customer", "role", "services", "fields", "operations", "scopes", "version", "id", ""]
    kind = chance.randint(0, 7 if depth else 5)
    if kind == 6:
        return [_anything(chance, depth - 1) for _ in range(chance.randint(0, 4))]
    if kind == 7:
        return {chance.choice(names): _anything(chance, depth - 1) for _ in range(chance.randint(0, 5))}
    return [None, True, chance.randint(-(2**70), 2**70), chance.random() * 1e300, chance.choice(TEXTS), "x"][kind]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A real server: what stands between a socket and the application is a part of the portal too."""
    database = f"sqlite:///{tmp_path_factory.mktemp('hostile') / Path('portal.sqlite')}"
    token = create_token(database, "admin", "the admin token")
    with serving(database, token=token) as running:
        yield running


def over_the_wire(server: Server, sent: bytes, within_s: float = 20) -> bytes:
    """Everything that is answered until the connection is closed."""
    host, port = server.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=within_s) as connection:
        connection.sendall(sent)
        found = b""
        while part := connection.recv(65536):
            found += part
    return found


def head(*lines: str) -> bytes:
    return ("\r\n".join(["POST /api/v1/customers HTTP/1.1", "Host: portal", *lines]) + "\r\n\r\n").encode()


@pytest.mark.parametrize(
    "sent",
    [
        head("Content-Length: 4", "Transfer-Encoding: chunked") + b"0\r\n\r\n", head("Content-Length: 4", "Content-Length: 5"),
        head("Content-Length: -1"), head("Content-Length: x"), head("X-Evil: a\0b"), head("X Evil: a"),
        head(f"X-Long: {'a' * 100_000}"), head(*[f"X-{n}: a" for n in range(9000)]), b"GET\r\n\r\n",
        b"\x16\x03\x01\x02\0\x01\0" * 20, b"GET / HTTP/1.1\r\n\r\n", b"\0" * 100_000,
        head("Transfer-Encoding: chunked") + b"zz\r\n", head("Transfer-Encoding: gzip, chunked") + b"0\r\n\r\n",
    ],
    ids=lambda sent: str(sent[33:70]),
)  # fmt: skip
def test_16_what_is_no_http_is_a_problem_and_the_end_of_the_connection(server: Server, sent: bytes) -> None:
    answer = over_the_wire(server, sent)
    status, _, rest = answer.partition(b"\r\n")
    assert status.split()[1] in {b"400", b"431"}, answer[:300]
    assert b"application/problem+json" in rest
    assert b"connection: close" in rest.lower()


def _everything(connection: socket.socket) -> bytes:
    """All that comes until the other side ends the connection: head and body may come apart."""
    parts = []
    with contextlib.suppress(ConnectionResetError):  # the other side did not read all that was sent
        while part := connection.recv(65536):
            parts.append(part)
    return b"".join(parts)


def test_17_slow_bodies_and_slow_heads_are_not_waited_for(server: Server) -> None:
    host, port = server.url.removeprefix("http://").split(":")
    known = ("Content-Type: application/json", f"Authorization: Bearer {server.token}")
    slow = {
        "body": head("Content-Length: 100", *known) + b"{",
        "chunks": head("Transfer-Encoding: chunked", *known) + b"1\r\n{\r\n",
        "head": b"POST /api/v1/customers HTTP/1.1\r\nHost: por", "nothing": b"",
    }  # fmt: skip
    with contextlib.ExitStack() as stack:
        healthy = stack.enter_context(httpx.Client(base_url=server.url, timeout=5))
        waiting = {}
        for what, sent in slow.items():
            waiting[what] = stack.enter_context(socket.create_connection((host, int(port)), timeout=180))
            waiting[what].sendall(sent)
        deadline, answers = time.monotonic() + 15, dict[str, bytes]()
        while waiting:
            assert time.monotonic() < deadline, answers
            assert healthy.get("/healthz").status_code == 200
            with contextlib.suppress(OSError, KeyError):
                waiting["body"].sendall(b" ")  # drop by drop
            for ready in select.select(list(waiting.values()), [], [], 0.3)[0]:
                name = next(each for each, connection in waiting.items() if connection is ready)
                answers[name] = _everything(waiting.pop(name))
    assert answers.pop("head") + answers.pop("nothing") == b""
    for answer in answers.values():
        assert answer.startswith(b"HTTP/1.1 408")
        assert b'"type":"too-slow"' in answer


def test_a_body_that_broke_off_is_not_carried_out(server: Server) -> None:
    said = b'{"offers":{"expire_after_days":99}}'
    with server.client() as admin:
        before = admin.get("/settings")
        head = (
            f"PATCH /api/v1/settings HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {server.token}\r\n"
            f"Content-Type: application/json\r\nIdempotency-Key: broken-off\r\nIf-Match: {before.headers['etag']}\r\n"
            f"Content-Length: {len(said) + 400}\r\n\r\n"
        )
        host, port = server.url.removeprefix("http://").split(":")
        with socket.create_connection((host, int(port))) as line:
            line.sendall(head.encode() + said)
        time.sleep(0.5)
        assert admin.get("/settings").json() == before.json()


def test_a_form_that_broke_off_is_no_bug(server: Server) -> None:
    host, port = server.url.removeprefix("http://").split(":")
    form = b"POST /login HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 99\r\n\r\nabc"
    before = len(server.log)
    with socket.create_connection((host, int(port))) as line:
        line.sendall(form)
    until(lambda: [each for each in server.log[before:] if each.get("route") == "/login"])
    (noted,) = [each for each in server.log[before:] if each.get("route") == "/login"]
    assert noted["status"] < 500
    assert [each for each in server.log[before:] if each["event"] == "bug"] == []


def test_a_body_nobody_waited_for_does_not_become_the_next_request(server: Server) -> None:
    smuggled = b"GET /api/v1/meta HTTP/1.1\r\nHost: portal\r\n\r\n"
    sent = head(f"Content-Length: {len(smuggled)}", "Content-Type: text/plain", "Connection: close") + smuggled
    answer = over_the_wire(server, sent)
    assert answer.count(b"HTTP/1.1 ") == 1
