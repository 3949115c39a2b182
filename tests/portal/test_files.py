"""Files: bytes in and out, what they may be, and what is left when something dies on the way."""

from __future__ import annotations

import contextlib
import hashlib
import io
import os
import socket
import stat
import time
import zipfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import select

from reconciler.portal.actions.uploads import MAX_PENDING, forget_unused, sweep
from reconciler.portal.app import create_app
from reconciler.portal.commands import create_token, running
from reconciler.portal.rules.problems import Problem
from reconciler.portal.store import tables as t
from reconciler.portal.store.store import Store
from reconciler.portal.uploads.vault import Vault
from tests.portal.harness import Api, Clock, key, refused
from tests.portal.office import TEN_WORDS, Office, an_office, upload


@pytest.fixture
def office(store: Store) -> Office:
    return an_office(store)


def names(store: Store) -> list[str]:
    folder = store.vault.folder
    return sorted(path.name for path in folder.iterdir()) if folder.is_dir() else []


def rows(store: Store) -> list[str]:
    with store.read() as connection:
        return sorted(connection.execute(select(t.files.c.id)).scalars())


def test_what_comes_in_lies_under_its_id_for_the_portal_alone(office: Office, store: Store) -> None:
    content = os.urandom(12 * 1024 * 1024)
    sent = upload(office.jane, "../../etc/plan.dwg", content)
    assert (sent["name"], sent["size"], sent["words"], sent["uncounted"]) == (
        "plan.dwg", len(content), None, "other-kind",
    )  # fmt: skip
    assert sent["sha256"] == hashlib.sha256(content).hexdigest()
    path = store.vault.folder / sent["id"]
    assert (path.read_bytes() == content, names(store), rows(store)) == (True, [sent["id"]], [sent["id"]])
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("/etc/passwd", "passwd"), ("..\\..\\boot.ini", "boot.ini"), ("a\r\nX: y.txt", "aX y.txt"),
        ("\u202etxt.exe", "txt.exe"), ("con.txt", "_con.txt"), ("....", "file"), ("契約書.txt", "契約書.txt"),
    ],
)  # fmt: skip
def test_tricks_in_names_end_as_names(office: Office, sent: str, kept: str) -> None:
    assert upload(office.jane, sent)["name"] == kept


@pytest.mark.parametrize("name", ["", "x" * 501, "a\0b"])
def test_a_name_that_is_none_is_refused(office: Office, name: str) -> None:
    answer = office.jane.post(
        "/uploads", params={"name": name}, content=b"x",
        headers={**key(), "If-None-Match": "*", "Content-Type": "application/octet-stream"},
    )  # fmt: skip
    assert answer.status_code in {400, 422}


def test_a_file_beyond_the_limit_leaves_nothing(store: Store) -> None:
    small = replace(store, vault=Vault(store.vault.folder, max_bytes=1000))
    office = an_office(small)
    refused_declared = upload(office.jane, content=b"x" * 1001, status=413)
    assert refused_declared["limit"] == 1000
    streamed = office.jane.post(
        "/uploads", params={"name": "a.txt"}, content=iter([b"x" * 600, b"x" * 600]),
        headers={**key(), "If-None-Match": "*", "Content-Type": "application/octet-stream"},
    )  # fmt: skip
    refused(streamed, "too-large")
    assert (names(store), rows(store)) == ([], [])
    assert upload(office.jane, content=b"x" * 1000)["size"] == 1000


def test_an_upload_says_what_it_is_and_that_it_is_new(office: Office, store: Store) -> None:
    good = {**key(), "If-None-Match": "*", "Content-Type": "application/octet-stream"}
    for headers, type in (
        ({**good, "Content-Type": "application/json"}, "unsupported-media-type"),
        ({**good, "Content-Encoding": "gzip"}, "unsupported-media-type"),
        ({name: value for name, value in good.items() if name != "If-None-Match"}, "precondition-required"),
        ({name: value for name, value in good.items() if name != "Idempotency-Key"}, "idempotency-key-required"),
    ):
        refused(office.jane.post("/uploads", params={"name": "a.txt"}, content=b"x", headers=headers), type)
    assert upload(office.jane, content=b"", status=422)["type"] == "unprocessable"
    assert (names(store), rows(store)) == ([], [])


def test_the_same_upload_sent_twice_is_one_and_another_under_its_key_is_refused(office: Office, store: Store) -> None:
    headers = {**key(), "If-None-Match": "*", "Content-Type": "application/octet-stream"}
    first, second = (
        office.jane.post("/uploads", params={"name": "a.txt"}, content=b"one", headers=headers) for _ in range(2)
    )
    assert (second.status_code, second.json()) == (201, first.json())
    other = office.jane.post("/uploads", params={"name": "a.txt"}, content=b"two", headers=headers)
    refused(other, "idempotency-key-reused")
    assert names(store) == rows(store) == [first.json()["id"]]


def test_who_sends_nothing_uploads_nothing(office: Office) -> None:
    upload(office.olga, status=403)
    upload(office.pm)
    office.jane.headers.pop("Authorization")
    upload(office.jane, status=401)


def test_nobody_fills_the_disk_with_what_no_request_takes(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("reconciler.portal.actions.uploads.MAX_PENDING", 3)
    sent = [upload(office.jane)["id"] for _ in range(3)]
    assert upload(office.jane, status=429)["type"] == "rate-limited"
    upload(office.tom)
    office.send(office.jane, *sent)
    upload(office.jane)
    assert MAX_PENDING == 200


@pytest.mark.parametrize(("limit", "most"), [("MAX_PENDING", 3), ("MAX_PENDING_BYTES", 3 * len(TEN_WORDS))])
def test_uploads_at_once_are_no_more_than_one_after_the_other(
    office: Office, store: Store, monkeypatch: pytest.MonkeyPatch, limit: str, most: int
) -> None:
    monkeypatch.setattr(f"reconciler.portal.actions.uploads.{limit}", most)
    headers = {**office.jane.headers, "If-None-Match": "*", "Content-Type": "application/octet-stream"}

    def one(_: int) -> int:
        sent = {**headers, **key()}
        answer = office.jane.post("/uploads", params={"name": "a.txt"}, content=TEN_WORDS, headers=sent)
        return int(answer.status_code)

    with ThreadPoolExecutor(8) as at_once:
        assert sorted(at_once.map(one, range(8))) == [201] * 3 + [429] * 5
    assert len(rows(store)) == 3
    assert names(store) == rows(store)


@pytest.mark.parametrize(
    ("asked", "got"),
    [
        ("bytes=2-4", b"234"), ("bytes=7-", b"789"), ("bytes=-2", b"89"), ("bytes=-99", b"0123456789"), ("bytes=8-99", b"89"),
        ("bytes=10-", None), ("bytes=99-", None), ("bytes=-0", None), ("bytes=4-2", None), ("bytes=", None),
        ("bytes=a-b", None), ("lines=1-2", None), ("x", None), ("bytes=0-1,3-4", None), ("bytes=٣-٤", None),
        ("bytes=" + "9" * 500 + "-", None), ("bytes=-", None), ("bytes=3-3", b"3"),
    ],
)  # fmt: skip
def test_a_range_is_one_part_of_a_file_or_nothing(office: Office, asked: str, got: bytes | None) -> None:
    id = office.delivered(text=b"0123456789")
    file = next(each for each in office.jane.row(f"/requests/{id}/files")["items"] if each["kind"] == "delivery")
    answer = office.jane.get(f"/requests/{id}/files/{file['id']}", headers={"Range": asked.encode()})
    assert answer.content == (b"0123456789" if got is None else got)
    assert answer.status_code == (200 if got is None else 206)
    assert answer.headers["content-type"] == "application/octet-stream"


def test_what_no_request_took_in_a_day_is_forgotten_with_its_bytes(office: Office, store: Store, clock: Clock) -> None:
    used, unused = upload(office.jane)["id"], upload(office.jane)["id"]
    office.send(office.jane, used)
    clock.move(hours=24)
    assert forget_unused(store) == 0
    clock.move(seconds=1)
    assert (forget_unused(store), forget_unused(store)) == (1, 0)
    assert names(store) == rows(store) == [used]
    assert unused not in rows(store)


def test_bytes_without_a_row_are_swept_and_nothing_else(office: Office, store: Store) -> None:
    kept, folder = upload(office.jane)["id"], store.vault.folder
    lost, part, young, foreign = "file_" + "a" * 20, "file_" + "b" * 20 + ".part", "file_" + "c" * 20, "notes.txt"
    long_ago = time.time() - 25 * 3600
    for name in (lost, part, young, foreign):
        (folder / name).write_bytes(b"x")
    for name in (kept, lost, part, foreign):
        os.utime(folder / name, (long_ago, long_ago))
    assert sweep(store) == 2
    assert names(store) == sorted([kept, young, foreign, "swept"])
    assert sweep(store) == 0


def test_a_disk_that_refuses_is_said_and_leaves_nothing(store: Store, tmp_path: Path) -> None:
    blocked = tmp_path / "blocked"
    blocked.write_text("a file where a folder should be")
    office = an_office(replace(store, vault=Vault(blocked / "files")))
    assert upload(office.jane, status=503)["type"] == "unavailable"
    assert rows(store) == []


def test_a_full_disk_is_said_while_it_is_written(tmp_path: Path) -> None:
    full = Path("/dev/full")
    if not full.exists():
        pytest.skip("this system has no /dev/full")
    vault = Vault(tmp_path)
    with vault.incoming() as incoming:
        incoming._file.close()
        incoming._file = full.open("wb")
        incoming.write(b"x")
        with pytest.raises(Problem) as problem:
            incoming.finish()
    assert problem.value.type == "unavailable"
    assert list(tmp_path.iterdir()) == []


def test_one_file_comes_back_as_bytes_to_save_whatever_it_holds(office: Office) -> None:
    sent = upload(office.jane, 'Übersicht "neu"; x=1.html', b"<script>alert(1)</script>")
    id = office.send(office.jane, sent["id"])["id"]
    answer = office.mara.get(f"/requests/{id}/files/{sent['id']}")
    assert answer.content == b"<script>alert(1)</script>"
    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["content-disposition"] == (
        "attachment; filename=\"_bersicht 'neu'; x=1.html\"; filename*=UTF-8''%C3%9Cbersicht%20%27neu%27%3B%20x%3D1.html"
    )
    refused(office.jane.get(f"/requests/{id}/files/file_00"), "not-found")
    refused(office.jane.get(f"/requests/{id}/files/..%2f..%2fetc%2fpasswd"), "not-found")


def test_a_file_is_reached_by_its_own_request_alone(office: Office) -> None:
    hers = upload(office.tom)
    office.send(office.tom, hers["id"])
    mine = office.quoted("jane")
    refused(office.jane.get(f"/requests/{mine}/files/{hers['id']}"), "not-found")


def test_all_comes_as_one_archive_by_kind_and_language_with_distinct_names(office: Office) -> None:
    files = [upload(office.jane, "a.txt", b"first")["id"], upload(office.jane, "A.txt", b"second")["id"]]
    id = office.send(office.jane, *files, title="Leaflet: 20 mg")["id"]
    office.do(office.pm, "approve", id)
    office.do(office.jane, "accept", id)
    delivered = upload(office.pm, "a.txt", b"erste")["id"]
    office.do(office.pm, "deliver", id, files=[{"upload": delivered, "language": "de"}])
    answer = office.olga.get(f"/requests/{id}/files.zip")
    assert 'filename="Leaflet 20 mg.zip"' in answer.headers["content-disposition"]
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        assert archive.testzip() is None
        found = {name: archive.read(name) for name in archive.namelist()}
    assert sorted(found) == ["delivery/de/a.txt", "source/A (2).txt", "source/a.txt"] or sorted(found) == [
        "delivery/de/a.txt", "source/A.txt", "source/a (2).txt",
    ]  # fmt: skip
    assert sorted(found.values()) == [b"erste", b"first", b"second"]
    only = office.jane.get(f"/requests/{id}/files.zip", params={"kind": "delivery"})
    with zipfile.ZipFile(io.BytesIO(only.content)) as archive:
        assert archive.namelist() == ["delivery/de/a.txt"]
    refused(office.jane.get(f"/requests/{id}/files.zip", params={"kind": "reference"}), "not-found")


def test_bytes_that_are_gone_are_said_to_be_gone(office: Office, store: Store) -> None:
    sent = upload(office.jane)["id"]
    id = office.send(office.jane, sent)["id"]
    store.vault.discard(sent)
    refused(office.jane.get(f"/requests/{id}/files/{sent}"), "unavailable")
    refused(office.jane.get(f"/requests/{id}/files.zip"), "unavailable")


@contextlib.contextmanager
def a_connection(url: str) -> Iterator[socket.socket]:
    host, _, port = url.removeprefix("http://").partition(":")
    with socket.create_connection((host, int(port)), timeout=180) as connection:
        yield connection


def test_an_upload_that_breaks_off_leaves_nothing(tmp_path: Path) -> None:
    database = f"sqlite:///{tmp_path / 'portal.sqlite'}"
    with running(database) as url:
        token = create_token(database, "admin", "tests")
        for length, body in (("Content-Length: 1000000", b"x" * 70_000), ("Transfer-Encoding: chunked", b"ffff\r\nxx")):
            with a_connection(url) as connection:
                head = (
                    f"POST /api/v1/uploads?name=a.txt HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n"
                    f"If-None-Match: *\r\nIdempotency-Key: breaks-off\r\nContent-Type: application/octet-stream\r\n{length}\r\n\r\n"
                )
                connection.sendall(head.encode() + body)
                _until(lambda: any(tmp_path.glob("portal.sqlite-files/*.part")))
            _until(lambda: not any(tmp_path.glob("portal.sqlite-files/*")))


def _until(condition: object, seconds: float = 5) -> None:
    deadline = time.monotonic() + seconds
    while not condition():  # type: ignore[operator]
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_the_document_says_that_an_upload_is_bytes(api: Api) -> None:
    document = create_app(api.store).openapi()
    body = document["paths"]["/api/v1/uploads"]["post"]["requestBody"]
    assert list(body["content"]) == ["application/octet-stream"]
