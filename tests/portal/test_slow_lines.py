"""Files over slow lines: steady ones are waited for, stalled ones end with 408 and leave nothing."""

from __future__ import annotations

import select
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import func
from sqlalchemy import select as query

from reconciler.portal.app import create_app
from reconciler.portal.store import tables as t
from reconciler.portal.store.store import Store
from reconciler.portal.web.request_limits import TrafficLimits, TransferLimit
from tests.pages.reader import Reader
from tests.portal.harness import Api
from tests.portal.office import Office, an_office
from tests.portal.servers import connected, served, until

WAIT_S = 1.5
SLOW = TrafficLimits(body=TransferLimit(WAIT_S / 2, 64 * 1024), file=TransferLimit(WAIT_S, 1000))
"""The program's own paces, some twenty times as impatient."""


@pytest.fixture
def office(store: Store) -> Office:
    return an_office(store)


@pytest.fixture
def url(office: Office, store: Store) -> Iterator[str]:
    with served(create_app(store, limits=SLOW)) as address:
        yield address


def kept(store: Store) -> tuple[list[str], int]:
    """The names in the folder of files, and the number of rows."""
    folder: Path = store.vault.folder
    with store.read() as connection:
        rows = connection.execute(query(func.count()).select_from(t.files)).scalar_one()
    return sorted(path.name for path in folder.iterdir()) if folder.is_dir() else [], int(rows)


def head_of(api: Api, length: int, key: str = "slow-line-1") -> bytes:
    return (
        f"POST /api/v1/uploads?name=a.txt HTTP/1.1\r\nHost: portal\r\nAuthorization: {api.headers['Authorization']}\r\n"
        f"If-None-Match: *\r\nIdempotency-Key: {key}\r\nContent-Type: application/octet-stream\r\n"
        f"Connection: close\r\nContent-Length: {length}\r\n\r\n"
    ).encode()


def sent(url: str, first: bytes, part: bytes, every_s: float, times: int) -> tuple[bytes, float]:
    """What is answered to a body that goes on in such parts, and after how long."""
    began = time.monotonic()
    with connected(url) as connection:
        connection.sendall(first)
        for _ in range(times):
            if select.select([connection], [], [], every_s)[0]:
                break
            connection.sendall(part)
        answer = connection.recv(65536)
        took = time.monotonic() - began
        while rest := connection.recv(65536):
            answer += rest
        return answer, took


def test_a_slow_but_steady_line_brings_its_whole_file(office: Office, store: Store, url: str) -> None:
    answer, took = sent(url, head_of(office.jane, 9600), b"x" * 120, 0.04, 80)
    assert answer.startswith(b"HTTP/1.1 201"), answer
    assert took > 2 * WAIT_S
    assert kept(store)[1] == 1


@pytest.mark.parametrize(
    ("burst", "part"),
    [(3000, b""), (500_000, b""), (1, b"x" * 10)],
    ids=["half and then nothing", "much and then nothing", "drop by drop"],
)
def test_a_line_that_stalls_or_drips_ends_with_408_and_its_half_file_is_gone(
    office: Office, store: Store, url: str, burst: int, part: bytes
) -> None:
    answer, took = sent(url, head_of(office.jane, 1_000_000) + b"x" * burst, part, 0.05, 100)
    assert answer.startswith(b"HTTP/1.1 408"), answer
    assert b'"type":"too-slow"' in answer
    assert b"connection: close" in answer.lower()
    assert WAIT_S * 0.9 < took < WAIT_S * 6
    assert kept(store) == ([], 0)


def test_a_file_is_waited_for_only_when_it_is_known_whose_it_is(office: Office, store: Store, url: str) -> None:
    stranger = head_of(office.jane, 1_000_000).replace(b"Bearer rs_", b"Bearer xx_")
    answer, took = sent(url, stranger, b"", 0.1, 0)
    assert answer.startswith(b"HTTP/1.1 401"), answer
    assert took < WAIT_S
    small = (
        head_of(office.jane, 1_000_000).replace(b"/uploads?name=a.txt", b"/requests").replace(b"octet-stream", b"json")
    )
    answer, took = sent(url, small + b"{", b" " * 100, 0.05, 40)
    assert answer.startswith(b"HTTP/1.1 408"), answer
    assert took < WAIT_S * 2


def test_a_form_with_a_file_that_stalls_leaves_nothing_of_its_files(office: Office, store: Store, url: str) -> None:
    jane = Reader.contact(store, office.ids["jane"])
    jane.open("/requests/new")
    mark = jane.form_to("/requests").values["mark"][0]
    body = (
        f'--x\r\nContent-Disposition: form-data; name="mark"\r\n\r\n{mark}\r\n'
        '--x\r\nContent-Disposition: form-data; name="files"; filename="whole.txt"\r\n\r\nTwo words\r\n'
        '--x\r\nContent-Disposition: form-data; name="files"; filename="half.txt"\r\n\r\nTwo'
    )
    head = (
        f"POST /requests HTTP/1.1\r\nHost: portal\r\nCookie: portal={jane.cookies['portal']}\r\n"
        "Content-Type: multipart/form-data; boundary=x\r\nContent-Length: 100000\r\n\r\n"
    )
    answer, took = sent(url, (head + body).encode(), b"", 0.1, 0)
    assert answer.startswith(b"HTTP/1.1 408"), answer
    assert b"text/html" in answer
    assert took > WAIT_S * 0.9
    until(lambda: kept(store) == ([], 0))


def test_who_reads_nothing_of_an_answer_is_not_waited_for(
    office: Office, store: Store, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("reconciler.portal.server.connections.READ_WITHIN_S", 0.5)
    length = 30_000_000
    answer, _ = sent(url, head_of(office.jane, length) + b"x" * length, b"", 0.1, 0)
    file = answer.partition(b'"id":"')[2].partition(b'"')[0].decode()
    id = office.send(office.jane, file)["id"]
    with connected(url) as connection:
        connection.sendall(
            f"GET /api/v1/requests/{id}/files/{file} HTTP/1.1\r\nHost: portal\r\n"
            f"Authorization: {office.jane.headers['Authorization']}\r\n\r\n".encode()
        )
        time.sleep(2.5)
        read = 0
        try:
            while part := connection.recv(1_000_000):
                read += len(part)
        except ConnectionResetError:
            pass
    assert 0 < read < length
