"""Archives: whole or refused, from either database into either, and never into somebody's portal."""

from __future__ import annotations

import hashlib
import json
import os
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, insert, inspect, select, update

from reconciler.portal.actions.sessions import begin_session
from reconciler.portal.commands import back_up, create_token, restore
from reconciler.portal.rules.principals import SYSTEM
from reconciler.portal.server.jobs import expire_links
from reconciler.portal.store import backup
from reconciler.portal.store import tables as t
from reconciler.portal.store.archive import TRANSIENT_TABLES, WrongArchive
from reconciler.portal.store.database import WrongDatabase, open_database, unversioned, upgrade
from reconciler.portal.store.restore import LINK_VOID
from reconciler.portal.store.store import Store, open_store
from tests.portal.accounts import PASSWORD, mails_as_sent
from tests.portal.conftest import _database as database_of
from tests.portal.harness import Api, key, refused
from tests.portal.office import upload

NAMES = iter(range(10**6))
FILE = "file_" + "0" * 20


@pytest.fixture
def empty(tmp_path: Path, request: pytest.FixtureRequest) -> Callable[[str], str]:
    """The URL of another database of this kind that holds nothing, not even tables."""

    def make(kind: str) -> str:
        if kind == "sqlite":
            return f"sqlite:///{tmp_path / f'other-{next(NAMES)}.sqlite'}"
        return database_of(request.getfixturevalue("postgres"), f"restored_{next(NAMES)}")

    return make


@pytest.fixture
def files(tmp_path: Path) -> Path:
    folder = tmp_path / "files"
    folder.mkdir()
    return folder


def url(store: Store) -> str:
    return store.engine.url.render_as_string(hide_password=False)


def a_portal_at_work(store: Store, files: Path) -> Api:
    """A portal with something in every table that an archive holds."""
    api = Api.of(store)
    _, (boss, leaver), _ = api.managed("manager", "requester")
    request = api.a_request(boss)
    api.act(f"/contacts/{leaver['id']}/offboard", api.row(f"/contacts/{leaver['id']}"), reason="left")
    api.create("/services", code="certified", name="Certified", price={"currency": "EUR", "per_word": "0.19"})
    content = "Gebrauchsanweisung 使用説明書\n".encode() * 1000
    (files / FILE).write_bytes(content)
    with store.write(SYSTEM) as work:
        begin_session(work, contact=boss["id"])
        work.connection.execute(insert(t.files), [
            {"id": FILE, "request": request["id"], "kind": "source", "name": "a.txt", "size": len(content), "by": "x",
             "sha256": hashlib.sha256(content).hexdigest(), "created_at": work.now, "language": None, "words": 2,
             "person": None},
            {"id": "file_" + "1" * 20, "request": None, "kind": None, "name": "on its way", "size": 1, "by": "x",
             "sha256": "0" * 64, "created_at": work.now, "language": None, "words": None, "person": boss["id"]},
        ])  # fmt: skip
        work.connection.execute(update(t.outbox).values(state="sending").where(t.outbox.c.kind == "activation"))
    return api


def rows(store: Store) -> dict[str, Any]:
    with store.read() as connection:
        return {
            table.name: [dict(row) for row in connection.execute(select(table).order_by(*table.primary_key)).mappings()]
            for table in t.metadata.sorted_tables
        }


@pytest.mark.parametrize("into", ["sqlite", "postgresql"])
def test_what_was_backed_up_comes_back_whole_in_either_database(
    store: Store, files: Path, tmp_path: Path, empty: Callable[[str], str], into: str
) -> None:
    api = a_portal_at_work(store, files)
    etag = api.get("/snapshot").headers["etag"]
    cursor = api.get("/contacts", params={"limit": 1, "include": "removed"}).json()["next"]
    out, there, target = tmp_path / "portal.zip", tmp_path / "other-files", empty(into)
    assert "1 customer, 2 contacts, 1 request, 1 file of 35,000 bytes" in back_up(url(store), files, out)
    restore(target, there, out, keep_tokens=True)
    other = open_store(target, store.clock, check_invariants=True)
    before, after = rows(store), rows(other)
    for table in (*TRANSIENT_TABLES, "sign_ups"):
        assert after.pop(table) == []
        before.pop(table)
    assert all(link["used_at"] for link in after.pop("links")), "no mailed link works"
    before.pop("links")
    before["files"] = before["files"][:1]
    for mail in before["outbox"]:
        mail["state"] = "queued" if mail["state"] == "sending" else mail["state"]
    void = {mail["id"] for mail in after["outbox"] if mail["last_error"] == LINK_VOID}
    assert void == {mail["id"] for mail in before["outbox"] if "/activate/" in mail["text"]}
    assert [mail for mail in after["outbox"] if mail["id"] not in void] == [
        mail for mail in before["outbox"] if mail["id"] not in void
    ]
    assert after.pop("outbox")
    assert before.pop("outbox")
    seam = after["changes"].pop()
    (old,), (new,) = before.pop("portal"), after.pop("portal")
    assert seam["what"] == "portal/restore"
    assert (seam["before"], new["head"]) == ({"epoch": old["epoch"], "head": old["head"]}, seam["hash"])
    assert new == {**old, "epoch": seam["after"]["epoch"], "revision": old["revision"] + 1, "head": new["head"]}
    assert after == before
    assert new["epoch"] != old["epoch"]
    assert (there / FILE).read_bytes() == (files / FILE).read_bytes()
    assert (there / FILE).stat().st_mode & 0o777 == 0o600
    restored = Api.of(other)
    assert restored.get("/snapshot", headers={"If-None-Match": etag}).status_code == 200
    refused(restored.get("/contacts", params={"cursor": cursor}), "gone")
    refused(restored.get("/snapshot", params={"since": 1, "epoch": etag.strip('"').split(":")[0]}), "gone")
    assert restored.a_customer(name="Other")
    other.engine.dispose()
    assert other.violations == []


def test_tokens_that_are_kept_and_idempotency_records_come_back(
    store: Store, files: Path, tmp_path: Path, empty: Callable[[str], str]
) -> None:
    api = Api.of(store)
    sent = {**key(), "If-None-Match": "*"}
    first = api.post("/customers", json={"name": "Acme"}, headers=sent)
    back_up(url(store), files, tmp_path / "portal.zip")
    target = empty("sqlite")
    kept = restore(target, files, tmp_path / "portal.zip", keep_tokens=True)
    assert [(scope, name) for _, scope, name in kept.tokens] == [("admin", "the admin token")]
    with Api(_app(target), base_url="http://testserver/api/v1", headers=api.headers) as again:
        answer = again.post("/customers", json={"name": "Acme"}, headers=sent)
    assert answer.json() == first.json()
    assert answer.headers["idempotency-replayed"] == "true"


def _app(database: str) -> Any:
    from reconciler.portal.app import create_app  # noqa: PLC0415

    return create_app(open_store(database))


def test_a_backup_is_of_one_revision_though_servers_write_on(
    store: Store,
    files: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    empty: Callable[[str], str],
) -> None:
    api = Api.of(store)
    api.a_customer("manager", "requester")
    revision = api.row("/meta")["revision"]
    original = zipfile.ZipFile.open

    def busy(archive: zipfile.ZipFile, name: Any, mode: Any = "r", **more: Any) -> Any:
        if mode == "w":
            api.a_customer("manager", name=f"Late-{next(NAMES)}")
        return original(archive, name, mode, **more)

    with monkeypatch.context() as patch:
        patch.setattr(zipfile.ZipFile, "open", busy)
        back_up(url(store), files, tmp_path / "portal.zip")
    assert api.row("/meta")["revision"] > revision + 10
    target = empty("sqlite")
    restore(target, files, tmp_path / "portal.zip")
    other = open_store(target)
    restored = Api.of(other)
    assert restored.row("/meta")["revision"] == revision + 2, "the restore and its token are all that came after"
    assert [row["name"] for row in restored.items("/customers")] == ["Acme"]
    other.engine.dispose()


def test_nothing_is_restored_over_a_portal_that_somebody_uses(
    store: Store, files: Path, tmp_path: Path, empty: Callable[[str], str]
) -> None:
    a_portal_at_work(store, files)
    back_up(url(store), files, tmp_path / "portal.zip")
    before = rows(store)
    with pytest.raises(WrongDatabase, match="is not empty"):
        restore(url(store), tmp_path / "f", tmp_path / "portal.zip")
    assert rows(store) == before
    with pytest.raises(WrongArchive, match="already exists"):
        back_up(url(store), files, tmp_path / "portal.zip")
    other = empty("sqlite")
    create_token(other, "admin", "somebody's")
    with pytest.raises(WrongDatabase, match="it contains changes"):
        restore(other, tmp_path / "f", tmp_path / "portal.zip")


def test_a_database_that_was_founded_and_never_used_takes_an_archive(
    store: Store, files: Path, tmp_path: Path, empty: Callable[[str], str]
) -> None:
    a_portal_at_work(store, files)
    back_up(url(store), files, tmp_path / "portal.zip")
    other = empty("sqlite")
    open_store(other).engine.dispose()
    restore(other, tmp_path / "f", tmp_path / "portal.zip")
    founded = open_store(other)
    assert rows(founded)["portal"][0]["id"] == rows(store)["portal"][0]["id"]
    founded.engine.dispose()


def damage(archive: Path, change: Callable[[dict[str, bytes]], None]) -> None:
    with zipfile.ZipFile(archive) as opened:
        members = {name: opened.read(name) for name in opened.namelist()}
    change(members)
    with zipfile.ZipFile(archive, "w") as again:
        for name, content in members.items():
            again.writestr(name, content)


def _manifest(members: dict[str, bytes], **values: Any) -> Any:
    members["manifest.json"] = json.dumps({**json.loads(members["manifest.json"]), **values}).encode()
    return members


DAMAGES: dict[str, Callable[[dict[str, bytes]], Any]] = {
    "a row is missing": lambda m: m.update({"tables/contacts.ndjson": m["tables/contacts.ndjson"].split(b"\n", 1)[1]}),
    "a value is another": lambda m: m.update(
        {"tables/contacts.ndjson": m["tables/contacts.ndjson"].replace(b'"requester"', b'"manager"')}
    ),
    "a table is missing": lambda m: m.pop("tables/outbox.ndjson"),
    "a file is another": lambda m: m.update({f"files/{FILE}": b"something else"}),
    "a file is missing": lambda m: m.pop(f"files/{FILE}"),
    "the manifest is missing": lambda m: m.pop("manifest.json"),
    "the manifest is no JSON": lambda m: m.update({"manifest.json": b"{"}),
    "the manifest is of a newer program": lambda m: _manifest(m, schema="9999"),
    "the manifest is of another format": lambda m: _manifest(m, format=2),
    "a name leads elsewhere": lambda m: _manifest(m, files={"../x": {"amount": 0, "sha256": ""}}),
    "a table nobody knows": lambda m: (
        m.update({"tables/x.ndjson": b""}),
        _manifest(m, tables={"x": {"amount": 0, "sha256": hashlib.sha256(b"").hexdigest()}}),
    ),
}


@pytest.mark.parametrize("damaged", DAMAGES)
def test_a_damaged_archive_is_refused_and_nothing_is_written(
    store: Store, files: Path, tmp_path: Path, empty: Callable[[str], str], damaged: str
) -> None:
    a_portal_at_work(store, files)
    out, target = tmp_path / "portal.zip", empty(store.engine.dialect.name)
    back_up(url(store), files, out)
    damage(out, DAMAGES[damaged])
    with pytest.raises(WrongArchive):
        restore(target, tmp_path / "nowhere", out)
    engine = open_database(target)
    with unversioned(engine) as connection:
        assert inspect(connection).get_table_names() == []
    engine.dispose()
    assert not (tmp_path / "nowhere").exists()


def test_half_an_archive_is_refused(store: Store, files: Path, tmp_path: Path) -> None:
    a_portal_at_work(store, files)
    out = tmp_path / "portal.zip"
    back_up(url(store), files, out)
    out.write_bytes(out.read_bytes()[: out.stat().st_size // 2])
    with pytest.raises(WrongArchive, match="cannot be read as an archive"):
        restore(f"sqlite:///{tmp_path / 'new.sqlite'}", files, out)
    with pytest.raises(WrongArchive, match="cannot be read as an archive"):
        restore(f"sqlite:///{tmp_path / 'new.sqlite'}", files, tmp_path / "nothing.zip")


def test_bytes_that_are_gone_or_damaged_are_told_and_cost_nothing_else(
    store: Store, files: Path, tmp_path: Path
) -> None:
    a_portal_at_work(store, files)
    (files / FILE).write_bytes(b"damaged")
    assert "1 file had missing or damaged bytes" in back_up(url(store), files, tmp_path / "portal.zip")
    restore(f"sqlite:///{tmp_path / 'new.sqlite'}", tmp_path / "f", tmp_path / "portal.zip")
    assert list((tmp_path / "f").iterdir()) == []


def test_an_archive_is_for_its_owner_only_and_appears_when_it_is_whole(
    store: Store, files: Path, tmp_path: Path
) -> None:
    a_portal_at_work(store, files)
    back_up(url(store), files, tmp_path / "portal.zip")
    assert (tmp_path / "portal.zip").stat().st_mode & 0o777 == 0o600
    assert not list(tmp_path.glob("*.part"))
    with pytest.raises(WrongArchive, match="cannot be written"):
        back_up(url(store), files, tmp_path / "no-such-folder" / "portal.zip")


def test_an_archive_of_the_version_before_is_brought_up_to_date(tmp_path: Path, empty: Callable[[str], str]) -> None:
    old = _archive_of_0001(tmp_path)
    for kind in ("sqlite", "postgresql"):
        target = empty(kind)
        restore(target, tmp_path / "f", old)
        store = open_store(target, check_invariants=True)
        api = Api.of(store)
        assert [row["name"] for row in api.items("/customers")] == ["Acme"]
        assert api.row("/settings")["activation"] == {"expire_after_days": 14}
        api.a_customer("manager", name="New")
        with store.read() as connection:
            assert connection.execute(select(func.length(t.portal.c.secret))).scalar_one() == 64
        store.engine.dispose()
        assert store.violations == []


def _archive_of_0001(tmp_path: Path) -> Path:
    """What the first program would have written, had it known archives."""
    touched: dict[str, Any] = {}
    managed = {"version": 1, "revision": 1, "external_key": None, "owner": None, "applied": None, "touched": touched}
    tables: dict[str, list[dict[str, Any]]] = {
        "portal": [{"one": 1, "id": "portal-1", "name": "P", "epoch": "e", "revision": 1, "fence": 0}],
        "settings": [{
            **managed, "id": "settings", "sign_up": "open", "languages": {"source": [], "target": []},
            "offers": {"expire_after_days": 30}, "branding": {"primary_color": None, "logo": None},
        }],
        "customers": [{
            **managed, "id": "cus_1", "name": "Acme", "name_form": "acme", "description": None, "language": "en",
            "project_managers": ["lee@provider.example"], "services": [], "email_domains": [], "protected": False,
            "status": "active", "archived": None, "last_commit": None,
        }],
    }  # fmt: skip
    lines = {name: b"".join(json.dumps(row).encode() + b"\n" for row in found) for name, found in tables.items()}
    parts = {
        name: {"amount": len(tables[name]), "sha256": hashlib.sha256(content).hexdigest()}
        for name, content in lines.items()
    }
    manifest = {
        "format": 1, "schema": "0001", "portal": "portal-1", "epoch": "e", "revision": 1, "at": "", "tables": parts,
        "files": {}, "missing": [],
    }  # fmt: skip
    path = tmp_path / "old.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("manifest.json", json.dumps(manifest))
        for name, content in lines.items():
            archive.writestr(f"tables/{name}.ndjson", content)
    return path


def test_a_database_of_another_version_is_not_backed_up_in_part(tmp_path: Path, empty: Callable[[str], str]) -> None:
    old = empty("sqlite")
    engine = open_database(old)
    with unversioned(engine) as connection:
        upgrade(connection, "0001")
    engine.dispose()
    with pytest.raises(WrongDatabase, match="use the program that serves it"):
        back_up(old, tmp_path, tmp_path / "portal.zip")
    assert not (tmp_path / "portal.zip").exists()


def test_what_opened_the_portal_at_the_backup_opens_nothing_after_a_restore(
    store: Store, files: Path, tmp_path: Path, empty: Callable[[str], str]
) -> None:
    api = a_portal_at_work(store, files)
    api.post("/sign-ups", json={"name": "Rita", "email": "rita@new.example", "role": "requester"})
    secrets = [
        (page, mail["text"].split(f"/{page}/")[1].split()[0])
        for mail in mails_as_sent(store) for page in ("activate", "confirm") if f"/{page}/" in mail["text"]
    ]  # fmt: skip
    assert {page for page, _ in secrets} == {"activate", "confirm"}
    back_up(url(store), files, tmp_path / "portal.zip")
    target = empty(store.engine.dialect.name)
    done = restore(target, tmp_path / "f", tmp_path / "portal.zip")
    assert [(scope, name) for _, scope, name in done.tokens] == [("admin", "the admin token")]
    assert (done.tokens_kept, done.links, done.sign_ups) == (False, 1, 1)
    other = open_store(target, store.clock)
    again = Api.of(other)
    refused(again.get("/meta", headers={"Authorization": api.headers["Authorization"]}), "unauthenticated")
    for page, secret in secrets:
        path, body = ("/activations", {"secret": secret, "password": PASSWORD})
        if page == "confirm":
            path, body = "/sign-ups/confirmations", {"secret": secret}
        refused(again.post(path, json=body), "not-found")
    assert not [mail for mail in mails_as_sent(other) if any(secret in mail["text"] for _, secret in secrets)]
    assert [row["status"] for row in again.items("/contacts")] == ["invited"]
    assert expire_links(other) == 1, "an administrator or manager sends a new link"
    other.engine.dispose()


@pytest.mark.parametrize("planted", ["link", "dangling", "file"])
def test_a_backup_follows_no_link_and_replaces_nothing(
    store: Store, files: Path, tmp_path: Path, planted: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    out, victim = tmp_path / "portal.zip", tmp_path / "victim"
    victim.write_bytes(b"precious")

    def plant() -> None:
        if planted == "file":
            out.write_bytes(b"precious")
        else:
            out.symlink_to(victim if planted == "link" else tmp_path / "nowhere")

    plant()
    with pytest.raises(WrongArchive, match="already exists"):
        back_up(url(store), files, out)
    out.unlink()
    written = backup._write

    def busy(*arguments: Any) -> Any:
        plant()  # meanwhile
        return written(*arguments)

    monkeypatch.setattr(backup, "_write", busy)
    with pytest.raises(WrongArchive, match="already exists"):
        back_up(url(store), files, out)
    assert victim.read_bytes() == b"precious"
    assert not (tmp_path / "nowhere").exists()
    assert out.is_symlink() or out.read_bytes() == b"precious"
    assert not list(tmp_path.glob("*.part"))


def test_a_restore_writes_through_no_link_in_the_folder_of_files(store: Store, files: Path, tmp_path: Path) -> None:
    a_portal_at_work(store, files)
    back_up(url(store), files, tmp_path / "portal.zip")
    there, victim = tmp_path / "there", tmp_path / "victim"
    there.mkdir()
    victim.write_bytes(b"precious")
    for planted in (FILE, f"{FILE}.part"):
        (there / planted).symlink_to(victim)
    target = f"sqlite:///{tmp_path / 'new.sqlite'}"
    with pytest.raises(WrongArchive, match="name an empty folder"):
        restore(target, there, tmp_path / "portal.zip")
    (there / FILE).unlink()
    restore(target, there, tmp_path / "portal.zip")
    assert victim.read_bytes() == b"precious"
    assert (there / FILE).read_bytes() == (files / FILE).read_bytes()


@pytest.mark.parametrize("umask", [0o000, 0o022, 0o077])
def test_databases_journals_archives_and_files_are_for_their_owner_only_whatever_the_umask(
    tmp_path: Path, umask: int
) -> None:
    was = os.umask(umask)
    try:
        store = open_store(f"sqlite:///{tmp_path / 'portal.sqlite'}")
        api = a_portal_at_work(store, _made(store.vault.folder))
        upload(api)
        back_up(url(store), store.vault.folder, tmp_path / "portal.zip")
        target = f"sqlite:///{tmp_path / 'restored.sqlite'}"
        restore(target, None, tmp_path / "portal.zip")
        other = open_store(target)
        upload(Api.of(other))
    finally:
        os.umask(was)
    modes = {path.relative_to(tmp_path).parts[0].rpartition(".")[2]: path.stat().st_mode & 0o777
             for path in tmp_path.iterdir()}  # fmt: skip
    assert modes == {
        "sqlite": 0o600, "sqlite-wal": 0o600, "sqlite-shm": 0o600, "sqlite-files": 0o700, "zip": 0o600,
    }  # fmt: skip
    kept = [path for folder in tmp_path.glob("*-files") for path in folder.iterdir() if path.name != FILE]
    assert {path.stat().st_mode & 0o777 for path in kept} == {0o600}
    for each in (store, other):
        each.engine.dispose()


def _made(folder: Path) -> Path:
    folder.mkdir(mode=0o700)
    return folder


def test_an_older_database_that_others_could_read_is_taken_from_them(tmp_path: Path) -> None:
    path = tmp_path / "portal.sqlite"
    open_store(f"sqlite:///{path}").engine.dispose()
    path.chmod(0o644)
    engine = open_database(f"sqlite:///{path}")
    with unversioned(engine) as connection:
        assert connection.execute(select(t.portal.c.revision)).scalar_one() == 0
        assert {each.stat().st_mode & 0o777 for each in tmp_path.glob("portal.sqlite*")} == {0o600}
    engine.dispose()
