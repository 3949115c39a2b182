"""What an administrator sees of a running portal: settings that fit, health, figures, a log that names nobody."""

from __future__ import annotations

import contextlib
import json
import logging
import re
import socket
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from reconciler.portal.actions.outbox import CLAIM_MINUTES, claim_next, record_deferred
from reconciler.portal.app import create_app
from reconciler.portal.commands import WrongSettings, create_token, serve
from reconciler.portal.server.jobs import JOBS
from reconciler.portal.server.logs import JsonLines
from reconciler.portal.server.process import listen
from reconciler.portal.store.database import WrongDatabase, failure, open_database
from reconciler.portal.store.store import Store, open_store
from reconciler.portal.uploads.vault import Vault
from reconciler.portal.web.access_log import AccessLog
from tests.pages.reader import Reader
from tests.portal.harness import Api, Clock, key, refused
from tests.portal.servers import serving, until

PASSWORD = "Quitte-und-Birne-73"
CANARIES = ("Canaria", "Zwitschermann", "canary", "Canary", "xn--canary")


@pytest.mark.parametrize(
    ("how", "why"),
    [
        ({"base_url": "http://portal.example"}, "is not https"),
        ({"base_url": "portal.example"}, "is not https"),
        ({"base_url": "https://portal.example/portal"}, "only scheme, host and port"),
        ({"base_url": "https://u:p@portal.example"}, "only scheme, host and port"),
        ({"host": "0.0.0.0"}, "pass --base-url"),
        ({"smtp": "smtp://127.0.0.1"}, "pass --mail-from"),
        ({"smtp": "imap://127.0.0.1", "mail_from": "a@x.example"}, "is not a mail server"),
        ({"port": 1, "host": "203.0.113.7", "base_url": "https://portal.example"}, "cannot listen"),
    ],
)  # fmt: skip
def test_settings_that_do_not_fit_are_refused_before_anything_is_written(
    tmp_path: Path, how: dict[str, Any], why: str
) -> None:
    with pytest.raises(WrongSettings, match=why):
        serve(f"sqlite:///{tmp_path / 'portal.sqlite'}", **{"port": 0, **how})
    assert list(tmp_path.iterdir()) == []


def test_the_second_half_of_an_answer_waits_for_nobody() -> None:
    with (
        listen("127.0.0.1", 0) as listening,
        socket.create_connection(listening.getsockname()),
        listening.accept()[0] as accepted,
    ):
        assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY) != 0


def test_the_command_says_what_would_be_right(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "reconciler", "portal", "serve", "--database", f"sqlite:///{tmp_path / 'p'}"]
    run = subprocess.run([*command, "--base-url", "http://portal.example"], capture_output=True, text=True, check=False)
    assert (run.returncode, "is not https" in run.stderr) == (64, True), run.stderr


def test_the_command_backs_up_and_restores(tmp_path: Path) -> None:
    def portal(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "reconciler", "portal", *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path)

    Api.of(store := open_store(f"sqlite:///{tmp_path / 'a'}")).a_customer("manager")
    store.engine.dispose()
    wrote = portal("backup", "--database", "sqlite:///a", "--out", "a.zip")
    assert (wrote.returncode, wrote.stdout[:23]) == (0, "wrote a.zip: revision 3"), wrote.stderr
    read = portal("restore", "--database", "sqlite:///b", "--from", "a.zip")
    assert (read.returncode, read.stdout[:19]) == (0, "restored revision 3"), read.stderr
    again = portal("restore", "--database", "sqlite:///b", "--from", "a.zip")
    assert (again.returncode, "is not empty" in again.stderr) == (64, True)


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("postgresql://portal:secret@127.0.0.1:1/portal", "connection refused"),
        ("postgresql:///portal?host=/nowhere", "no such file or directory"),
        ("portal.sqlite", "this is not the url of a database"),
        ("mysql://portal@127.0.0.1/portal", "is not a supported database"),
    ],
)
def test_a_database_that_cannot_be_used_is_told_in_one_readable_line(url: str, said: str) -> None:
    command = [sys.executable, "-m", "reconciler", "portal", "tokens", "--database", url]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    first, *hints = run.stderr.splitlines()
    assert (run.returncode, said in first.lower()) == (64, True), run.stderr
    assert "secret" not in run.stderr
    assert "\\u{" not in first
    assert all(line.startswith("  hint: ") for line in hints)


def test_without_its_driver_postgresql_is_told_to_be_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(WrongDatabase, match=r"psycopg is missing; install the portal with the extra postgres"):
        open_database("postgresql:///portal")


def test_what_a_log_says_of_an_outage_has_a_reason_and_names_nobody(tmp_path: Path) -> None:
    found = []
    for url in ("postgresql://canary:canary@127.0.0.1:1/canary", f"sqlite:///{tmp_path / 'no' / 'canary'}"):
        with pytest.raises(OperationalError) as error:
            open_store(url)
        found.append(failure(error.value))
    assert found == [
        {"error": "OperationalError", "reason": "connection refused"},
        {"error": "OperationalError", "code": "SQLITE_CANTOPEN"},
    ]


def test_ready_is_who_has_a_database_of_its_own_version(api: Api, store: Store) -> None:
    assert api.get("http://testserver/healthz").json() == {"status": "ok"}
    assert api.get("http://testserver/readyz").json() == {"status": "ready"}
    with store.unversioned() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '0001'"))
    problem = refused(api.get("http://testserver/readyz"), "unavailable")
    assert problem["detail"].startswith("the database is of version '0001'")
    assert api.get("http://testserver/healthz").status_code == 200


def test_who_lost_its_database_is_alive_and_not_ready(tmp_path: Path) -> None:
    store = open_store(f"sqlite:///{tmp_path / 'portal.sqlite'}")
    api = Api.of(store)
    store.engine.dispose()
    for path in tmp_path.iterdir():
        path.unlink()
    tmp_path.chmod(0o500)
    (tmp_path / "portal.sqlite").mkdir()
    del api.headers["Authorization"]
    answer = api.get("http://testserver/readyz")
    refused(answer, "unavailable")
    assert answer.headers["retry-after"]
    assert api.get("http://testserver/healthz").status_code == 200


def test_who_cannot_keep_files_is_not_ready(api: Api, store: Store, tmp_path: Path) -> None:
    (tmp_path / "occupied").write_text("no folder")
    app = create_app(replace(store, vault=Vault(tmp_path / "occupied")))
    with Api(app) as client:
        refused(client.get("/readyz"), "unavailable")
    assert api.get("http://testserver/readyz").status_code == 200
    assert store.vault.leftovers(0) == []


def figures(api: Api) -> dict[tuple[str, ...], float]:
    answer = api.get("http://testserver/metrics")
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    return {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }


def test_figures_tell_what_is_there_and_what_was_answered(api: Api) -> None:
    _, (boss, _) = api.a_customer("manager", "requester")
    api.a_request(boss)
    api.get("/contacts/nobody")
    found = figures(api)
    assert found["portal_revision",] == 5
    assert found["portal_contacts", "invited"] == 2
    assert found["portal_open_requests", "quote_pending"] == 1
    assert found["portal_open_requests", "quoted"] == 0
    assert found["portal_outbox", "queued"] == 2
    assert found["portal_requests_total", "POST", "/api/v1/contacts", "201"] == 2
    assert found["portal_requests_total", "GET", "/api/v1/contacts/{id}", "404"] == 1
    assert found["portal_request_seconds_count", "POST", "/api/v1/customers"] == 1


def test_a_mail_that_rests_is_not_overdue_and_one_that_nobody_carries_is(api: Api, store: Store, clock: Clock) -> None:
    api.a_customer("requester")
    clock.move(seconds=30)
    assert figures(api)["portal_outbox_oldest_seconds",] == 30
    mail = claim_next(store)
    assert mail is not None
    assert figures(api)["portal_outbox_oldest_seconds",] == 0, "it is being sent"
    for _ in range(5):
        record_deferred(store, mail, "451 later")
        assert figures(api)["portal_outbox_oldest_seconds",] == 0, "it rests"
        clock.now = api.items("/outbox")[0]["next_try_at"]
        mail = claim_next(store)
        assert mail is not None
    clock.move(minutes=CLAIM_MINUTES, seconds=7)
    assert figures(api)["portal_outbox_oldest_seconds",] == 7, "its carrier died"


def test_figures_are_for_tokens_and_grow_with_no_caller(api: Api, as_scope: Callable[[str], Any]) -> None:
    refused(api.get("http://testserver/metrics", headers={"Authorization": ""}), "unauthenticated")
    for scope in ("metrics", "read"):
        assert as_scope(scope).get("http://testserver/metrics").status_code == 200
    refused(as_scope("metrics").get("/meta"), "forbidden")

    def strangers() -> None:
        for n in range(20):
            api.get(f"/contacts/con_{n}")
            api.get(f"/nothing/{n}")
            api.request(f"X{n}", "/contacts")

    figures(api)
    strangers()
    before = set(figures(api))
    strangers()
    assert set(figures(api)) == before


def test_a_log_line_is_one_json_object_that_names_a_route_and_no_path(api: Api, caplog: Any) -> None:
    caplog.set_level(logging.INFO, "portal")
    problem = refused(api.get("/contacts/con_canary"), "not-found")
    lines = [json.loads(JsonLines().format(record)) for record in caplog.records if record.name == "portal"]
    assert [line["event"] for line in lines] == ["problem", "request"]
    assert {line["trace"] for line in lines} == {problem["trace"]}
    assert (lines[0]["type"], lines[0]["level"]) == ("not-found", "info")
    shown = {name: lines[1][name] for name in ("method", "route", "status")}
    assert shown == {"method": "GET", "route": "/api/v1/contacts/{id}", "status": 404}
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", lines[1]["at"])


def test_a_bug_is_answered_with_its_trace_and_logged_without_what_it_was_about(store: Store, caplog: Any) -> None:
    app = create_app(store)

    @app.get("/api/v1/broken")
    def broken() -> None:
        raise LookupError("Canaria Zwitschermann <canary@acme.example>")

    with Api(app, base_url="http://testserver/api/v1", raise_server_exceptions=False) as client:
        answer = client.get("/broken")
    problem = refused(answer, "internal")
    assert answer.headers["x-content-type-options"] == "nosniff"
    lines = [json.loads(JsonLines().format(record)) for record in caplog.records if record.name == "portal"]
    (bug,) = [line for line in lines if line["event"] == "bug"]
    assert (bug["trace"], bug["error"]) == (problem["trace"], "LookupError")
    assert bug["where"][-1].endswith("broken")
    assert "anari" not in json.dumps(lines)


def test_what_others_log_is_told_without_what_was_filled_in() -> None:
    record = logging.makeLogRecord({"name": "library", "msg": "sent to %s", "args": ("canary@acme.example",)})
    assert json.loads(JsonLines().format(record))["event"] == "library: sent to %s"
    record = logging.makeLogRecord({"name": "library", "msg": LookupError("canary@acme.example")})
    assert "canary" not in JsonLines().format(record)


def test_a_whole_story_leaves_no_name_address_secret_or_link_in_the_log(database: str) -> None:
    token = create_token(database, "admin", "Canaria's token")
    store = open_store(database)
    secrets = [token, PASSWORD]
    with serving(database, token=token) as server, server.client() as client:
        created = {**key(), "If-None-Match": "*"}
        home = client.post("/customers", json={"name": "Canaria AG"}, headers=created).json()
        body = {"customer": home["id"], "name": "Zoë Zwitschermann", "email": "zoe@canary.example", "role": "manager"}
        for _ in range(2):
            created = {**key(), "If-None-Match": "*"}
            client.post("/contacts", json=body, headers=created)  # the second is refused: the address is taken
        client.get("/contacts", params={"email": "zoe@canary.example"})
        client.get("/contacts/con_canary")
        mail = client.get("/outbox").json()["items"][0]
        link = re.search(r"/activate/(\S+)", mail["text"])[1]  # type: ignore[index]
        secrets.append(link)
        client.post("/activations", json={"secret": link, "password": PASSWORD})
        session = client.post("/sessions", json={"email": "zoe@canary.example", "password": PASSWORD}).json()
        secrets.append(session["token"])
        client.post("/sessions", json={"email": "zoe@canary.example", "password": "wrong Canary1"})
        client.post("/contacts", json={**body, "is_canary": True}, headers=created)
        client.get("/customers", headers={"Authorization": "Bearer canary"})
        client.get("/account", headers={"Authorization": f"Bearer {session['token']}"})
        for path in (f"/activate/{link}", "/team?q=canary@acme.example", "/static/canary.css", "/Canaria"):
            httpx.get(server.url + path, cookies={"portal": session["token"]}, headers={"X-Canary": "canary"})
        httpx.request("CANARY", f"{server.url}/canary")
        _no_http(server.url)
        assert server.stop() == 0
    store.engine.dispose()
    log = "".join(server.raw)
    assert all(line.startswith("{") for line in server.raw), log
    assert sum(line["event"] == "request" for line in server.log) >= 16
    for secret in (*secrets, *CANARIES):
        assert secret not in log, next(line for line in server.raw if secret in line)


def _no_http(url: str) -> None:
    host, port = url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port))) as connection:
        connection.sendall(b"canary canary@acme.example\r\n\r\n")
        connection.recv(4096)


def test_a_log_of_errors_only_is_empty_on_a_good_day(tmp_path: Path) -> None:
    database = f"sqlite:///{tmp_path / 'portal.sqlite'}"
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "reconciler", "portal", "serve", "--database", database, "--port", str(port)]
    process = subprocess.Popen([*command, "--log-level", "error"], stderr=subprocess.PIPE, text=True)

    def answers() -> bool:
        with contextlib.suppress(httpx.TransportError):
            return httpx.get(f"http://127.0.0.1:{port}/healthz").status_code == 200
        return False

    until(answers)
    process.terminate()
    _, log = process.communicate(timeout=180)
    assert log == ""


def test_jobs_of_several_processes_do_each_thing_once(database: str, clock: Clock, tmp_path: Path) -> None:
    stores = [open_store(database, clock, files=tmp_path / "files") for _ in range(3)]
    api = Api.of(stores[0])
    api.a_customer("requester", "manager")
    clock.move(days=15)
    with ThreadPoolExecutor(3) as pool:
        done = list(pool.map(lambda one: [job(one) for job in JOBS], stores))
    assert sum(found[0] for found in done) == 2
    assert [entry["what"] for entry in api.row("/changes")["items"]].count("link_expired") == 2
    revision = api.row("/meta")["revision"]
    assert [job(stores[1]) for job in JOBS] == [0] * len(JOBS)
    assert api.row("/meta")["revision"] == revision
    for one in stores:
        one.engine.dispose()


def test_every_answer_goes_through_the_journal(store: Store) -> None:
    assert isinstance(create_app(store).build_middleware_stack(), AccessLog)


@pytest.mark.parametrize("base_url", ["https://portal.example", "http://127.0.0.1:8000"])
def test_answers_tell_browsers_to_do_nothing_with_them(store: Store, base_url: str) -> None:
    api = Api.of(replace(store, base_url=base_url))
    for path in ("/meta", "/contacts/nobody", "/openapi.json", "http://testserver/readyz", "/nothing"):
        headers = api.get(path).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["cache-control"] == "no-store"
        assert headers["referrer-policy"] in {"no-referrer", "same-origin"}
        assert "frame-ancestors 'none'" in headers["content-security-policy"]
        sworn = headers.get("strict-transport-security")
        assert sworn == ("max-age=31536000" if base_url.startswith("https") else None), "other hosts are not ours"
        assert "server" not in headers
    assert api.get("/meta").headers["content-security-policy"] == "default-src 'none'; frame-ancestors 'none'"
    page = Reader.staff(store).get("/admin/usage")
    assert "script-src 'self'" in page.headers["content-security-policy"]
