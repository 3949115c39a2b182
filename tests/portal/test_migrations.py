"""A portal of the first version is brought up to date with all that is in it, or is left as it was."""

from __future__ import annotations

import itertools
import os
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import MetaData, insert, select, text

from reconciler.portal.actions.tokens import all_tokens
from reconciler.portal.store import tables as t
from reconciler.portal.store.clock import later, system_clock
from reconciler.portal.store.database import known_versions, migrate, open_database, schema_of, unversioned, upgrade
from reconciler.portal.store.store import open_store
from tests.portal.conftest import _database as database_of
from tests.portal.harness import Api

_names = itertools.count()
RENAMED = {"generation": "life"}
"""Columns that have another name by now."""
DYING = """
import os, signal, sys
from sqlalchemy import event
from reconciler.portal.store.database import migrate, open_database

engine = open_database(sys.argv[1])
left = int(sys.argv[2])

def count(*_):
    global left
    left -= 1
    if left == 0:
        os.kill(os.getpid(), signal.SIGKILL)

event.listen(engine, "before_cursor_execute", count)
event.listen(engine, "commit", count)
migrate(engine)
"""


@pytest.fixture(params=["sqlite", "postgresql"])
def old(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A portal of version 0001 with something in every table that others refer to."""
    if request.param == "sqlite":
        database = f"sqlite:///{tmp_path / 'portal.sqlite'}"
    else:
        database = database_of(request.getfixturevalue("postgres"), f"old_{next(_names)}")
    engine = open_database(database)
    with unversioned(engine) as connection:
        upgrade(connection, "0001")
        found = MetaData()
        found.reflect(connection)
        for table, row in _rows():
            connection.execute(insert(found.tables[table]), row)
    engine.dispose()
    return database


def _rows() -> list[tuple[str, dict[str, Any]]]:
    managed = {"version": 3, "revision": 7, "external_key": "k", "owner": "o", "applied": None, "touched": {}}
    at = "2026-11-23T12:00:00Z"
    return [
        ("portal", {"one": 1, "id": "portal-1", "name": "P", "epoch": "e1", "revision": 7, "fence": 4}),
        ("settings", {
            **managed, "id": "settings", "sign_up": "closed", "languages": {"source": ["en"], "target": ["de"]},
            "offers": {"expire_after_days": 30}, "branding": {"primary_color": None, "logo": None},
            "applied": {"present": True, "fields": {}, "commit": "c1", "run": "r1", "at": "2026-11-01T12:00:00Z"},
        }),
        ("services", {
            **managed, "id": "svc_1", "code": "k", "name": "K", "description": None, "template": None, "workflows": [],
            "available_to_all": False, "price": None,
            "applied": {"present": True, "fields": {}, "commit": "c2", "run": "r2", "at": "2026-11-02T12:00:00Z"},
        }),
        ("tokens", {
            "digest": "d3", "id": "tok_1", "name": "old", "scope": "apply", "contact": None, "created_at": at, "ended_at": None,
        }),
        ("customers", {
            **managed, "id": "cus_1", "name": "Kővári", "name_form": "kővári", "description": None, "language": "hu",
            "project_managers": ["lee@provider.example"], "services": [], "email_domains": [], "protected": False,
            "status": "active", "archived": None, "last_commit": None,
        }),
        ("contacts", {
            **managed, "id": "con_1", "customer": "cus_1", "name": "Tóth", "email": "t@x.example",
            "address_form": "t@x.example", "role": "manager", "services": "all", "language": None, "protected": False,
            "status": "active", "generation": 2, "removed": None, "registration": None, "fingerprint": None,
            "decision": None, "password": "hash", "invited_at": at,
        }),
        ("requests", {
            "id": "req_1", "version": 1, "revision": 7, "customer": "cus_1", "owner": "con_1", "title": "T",
            "state": "quoted", "service": None, "workflow": "pm_quote_manual", "source_language": "en",
            "target_languages": ["de"], "deadline": "2026-12-20T12:00:00Z", "comment": None, "created_at": at,
        }),
        ("changes", {
            "revision": 7, "seq": 0, "at": at, "by": "Tóth", "actor": "self", "what": "POST requests", "object": "request",
            "id": "req_1", "before": None, "after": {"deadline": "2026-12-01T12:00:00Z"}, "change": None, "run": None,
            "commit": None,
        }),
        ("sessions", {"digest": "d1", "contact": "con_1", "created_at": at, "used_at": at, "ended_at": None}),
        ("links", {"digest": "d2", "contact": "con_1", "kind": "activation", "expires_at": at, "used_at": None}),
        ("outbox", {
            "id": "mail_1", "revision": 7, "kind": "activation", "to": "t@x.example", "language": "hu",
            "contact": "con_1", "message_id": "<1@x>", "subject": "S", "text": "T", "created_at": at,
            "state": "queued", "tries": 0, "next_try_at": at, "last_error": None, "sent_at": None,
        }),
        ("outbox", {
            "id": "mail_2", "revision": 7, "kind": "activation", "to": "t@x.example", "language": "hu",
            "contact": "con_1", "message_id": "<2@x>", "subject": "S", "text": "T", "created_at": at,
            "state": "sent", "tries": 1, "next_try_at": None, "last_error": None, "sent_at": at,
        }),
    ]  # fmt: skip


def _state(database: str) -> dict[str, Any]:
    """The version, and every row by what the first version knew of it."""
    engine = open_database(database)
    with unversioned(engine) as connection:
        version, _ = schema_of(connection)
        found = MetaData()
        found.reflect(connection)
        rows = {
            table: [
                {name: row[name] if name in row else row[RENAMED[name]] for name in wanted}
                for row in connection.execute(select(found.tables[table])).mappings()
            ]
            for table, wanted in _rows()
        }
    engine.dispose()
    return {"version": version, "rows": rows}


def test_everything_of_the_first_version_is_there_after_an_upgrade(old: str) -> None:
    before = _state(old)
    store = open_store(old, check_invariants=True)
    assert _state(old) == {**before, "version": known_versions()[0]}
    api = Api.of(store)
    contact = api.row("/contacts/con_1")
    assert (contact["name"], contact["life"], contact["generation"]) == ("Tóth", 2, 2)
    assert api.row("/customers/cus_1")["life"] == 1
    assert api.row("/settings")["activation"] == {"expire_after_days": 14}
    assert api.row("/settings")["last_commits"] == {"o": "c2"}
    assert api.row("/meta")["epoch"] == "e1"
    with store.read() as connection:
        token = next(row for row in all_tokens(connection) if row["id"] == "tok_1")
    assert (token["owner"], token["used_at"], token["ended_at"]) == (None, None, None)
    assert later(system_clock(), days=89) < token["expires_at"] <= later(system_clock(), days=90)
    request = api.row("/requests/req_1")
    with store.read() as connection:
        assert connection.execute(select(t.contacts.c.sought)).scalar_one() == "toth t@x.example"
        assert connection.execute(select(t.customers.c.sought)).scalar_one() == "kovari"
    assert (request["progress"], request["words"], request["state"]) == (0, None, "quoted")
    assert 100_000 <= request["number"] <= 999_999
    assert request["requested_deadline"] == "2026-12-01T12:00:00Z", "the one that it was sent with"
    kept_until = {mail["id"]: mail["forget_at"] for mail in api.items("/outbox")}
    assert kept_until["mail_1"] is None
    assert kept_until["mail_2"] > later(system_clock(), days=29)
    with store.read() as connection:
        assert len(connection.execute(select(t.portal.c.secret)).scalar_one()) == 64
        if store.engine.dialect.name == "sqlite":
            assert connection.execute(text("PRAGMA foreign_key_check")).all() == []
    store.engine.dispose()
    assert store.violations == []


def test_look_alikes_are_compared_anew_and_nobody_loses_a_login(old: str) -> None:
    engine = open_database(old)
    held = {
        "con_2": ("\uff41nna@x.example", "\uff41nna@x.example"), "con_3": ("T@\uff58.example", "t@xn--fcb.example"),
        "con_4": ("ann\uff41@x.example", "ann\uff41@x.example"),
    }  # fmt: skip
    with unversioned(engine) as connection:
        contacts = MetaData()
        contacts.reflect(connection, only=["contacts"])
        table, (known,) = contacts.tables["contacts"], [row for name, row in _rows() if name == "contacts"]
        for n, (id, (email, form)) in enumerate(held.items()):
            row = {**known, "id": id, "email": email, "address_form": form, "external_key": f"k{n}"}
            connection.execute(insert(table), row)
    engine.dispose()
    store = open_store(old)
    with store.read() as connection:
        forms = {
            row.id: row.address_form for row in connection.execute(select(t.contacts.c.id, t.contacts.c.address_form))
        }
    store.engine.dispose()
    assert forms == {
        "con_1": "t@x.example", "con_2": "anna@x.example", "con_3": "t@xn--fcb.example",
        "con_4": "ann\uff41@x.example",
    }  # fmt: skip


def test_an_upgrade_that_is_killed_anywhere_leaves_the_old_portal_or_the_new(old: str) -> None:
    before = _state(old)
    ways = set()
    for n in itertools.count(1, 1 if "SOAK" in os.environ else 41):
        run = subprocess.run([sys.executable, "-c", DYING, old, str(n)], check=False, timeout=180)
        after = _state(old)
        assert after["rows"] == before["rows"]
        assert after["version"] in {"0001", known_versions()[0]}
        ways.add((run.returncode, after["version"]))
        if run.returncode == 0:
            break
        assert run.returncode == -signal.SIGKILL
    assert (-signal.SIGKILL, "0001") in ways
    assert (0, known_versions()[0]) in ways
    open_store(old).engine.dispose()


def test_servers_that_start_at_once_upgrade_once(old: str) -> None:
    def start(_: int) -> None:
        engine = open_database(old)
        migrate(engine)
        engine.dispose()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(start, range(4)))
    assert _state(old)["version"] == known_versions()[0]
