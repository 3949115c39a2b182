"""Half an answer is no answer: the reading and the writing client against a server that misbehaves."""

from __future__ import annotations

import contextlib
import gzip
import hashlib
import json
import re
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from reconciler.adapters.address import Address
from reconciler.adapters.budget import Budget
from reconciler.adapters.reader import PortalReader
from reconciler.adapters.response_reading import MAX_LINE_BYTES
from reconciler.adapters.writer import PortalWriter
from reconciler.model.errors import (
    IncompleteAnswer,
    LeaseHeld,
    NotAllowed,
    NotUnderstood,
    OutcomeUnknown,
    PortalUnavailable,
    ReconcilerError,
    Unreachable,
    WrongUsage,
)
from reconciler.model.portal import Lease
from reconciler.portal.commands import create_token, running
from tests.adapters.portals import Answer, answering


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A real portal's snapshot."""
    folder: Path = tmp_path_factory.mktemp("portal")
    database = f"sqlite:///{folder / 'portal.sqlite'}"
    token = create_token(database, "read", "tests")
    with running(database) as url:
        request = urllib.request.Request(f"{url}/api/v1/snapshot", headers={"Authorization": f"Bearer {token}"})
        with urllib.request.urlopen(request, timeout=30) as answer:
            content: bytes = answer.read()
    return content


def read(*answers: Answer) -> ReconcilerError | None:
    """How reading ends: None when it ends well."""
    with answering(*answers) as (url, _):
        reader = PortalReader(Address(url, "token"), Budget(retries=2))
        try:
            reader.live_state()
        except ReconcilerError as error:
            return error
        finally:
            reader.close()
    return None


def test_a_whole_answer_is_a_state(whole: bytes) -> None:
    assert read(Answer(whole)) is None


SPOILT: dict[str, Callable[[bytes], bytes]] = {
    "no trailer": lambda text: b"".join(text.splitlines(keepends=True)[:-1]),
    "nothing": lambda _: b"",
    "a row less": lambda text: b"".join(line for line in text.splitlines(keepends=True) if b'"settings"' not in line),
    "a bit flipped": lambda text: text.replace(b'"version":1', b'"version":2', 1),
    "half a line": lambda text: text[: len(text) // 2],
}


@pytest.mark.parametrize("how", SPOILT)
def test_an_answer_that_is_not_whole_is_no_emptier_portal(whole: bytes, how: str) -> None:
    spoilt = SPOILT[how](whole)
    assert spoilt != whole
    assert isinstance(read(Answer(spoilt)), IncompleteAnswer)


def test_an_answer_cut_at_any_line_is_unreachable_or_incomplete(whole: bytes) -> None:
    for cut in {0, 1, *(at for at, byte in enumerate(whole) if byte == ord("\n"))} - {len(whole) - 1}:
        assert isinstance(read(Answer(whole, cut=cut)), Unreachable | IncompleteAnswer), cut


@pytest.mark.parametrize(
    "answer",
    [
        Answer(b"<html>log in to the guest network</html>"), Answer(b"{}\n"), Answer(b"[1]\n"),
        Answer(b"not zipped", headers={"Content-Encoding": "gzip"}), Answer(b"<h1>not found</h1>", 404),
        Answer(status=302, headers={"Location": "https://elsewhere.example/"}), Answer(b"[" * 60_000, 418),
    ],
    ids=["a captive portal", "another object", "a list", "no gzip", "a page of errors", "a way elsewhere", "nonsense"],
)  # fmt: skip
def test_what_is_no_portal_is_not_understood(answer: Answer) -> None:
    assert isinstance(read(answer), NotUnderstood)


def test_a_clock_that_tells_no_time_is_not_understood(whole: bytes) -> None:
    lines = re.sub(rb'"now":"[^"]*"', b'"now":"teatime"', whole).splitlines(keepends=True)
    trailer = json.loads(lines[-1]) | {"sha256": hashlib.sha256(b"".join(lines[:-1])).hexdigest()}
    found = read(Answer(b"".join([*lines[:-1], json.dumps(trailer).encode() + b"\n"])))
    assert isinstance(found, NotUnderstood)
    assert "teatime" in found.message


def test_more_after_the_trailer_is_not_understood(whole: bytes) -> None:
    assert isinstance(read(Answer(whole + b"{}\n")), NotUnderstood)


def test_a_portal_that_is_busy_twice_is_asked_three_times(whole: bytes) -> None:
    busy = Answer(status=503, headers={"Retry-After": "0"})
    assert read(busy, Answer(status=429, headers={"Retry-After": "0"}), Answer(whole)) is None
    assert isinstance(read(busy), PortalUnavailable)


def test_without_a_good_token_it_is_not_allowed() -> None:
    refused = Answer(b'{"type":"unauthorized","detail":"no such token"}', 401)
    assert isinstance(read(refused), NotAllowed)


def test_a_write_without_an_answer_is_asked_for_again_and_then_unknown() -> None:
    with answering(Answer(cut=0)) as (url, asked):
        writer = PortalWriter(Address(url, "token"), Budget(retries=2))
        with pytest.raises(OutcomeUnknown):
            writer.give_back(Lease("lea_1", 7))
        writer.close()
    assert asked == ["DELETE /api/v1/leases/lea_1"] * 3


def test_a_lease_is_asked_for_once() -> None:
    held = Answer(b'{"type":"lease-held","detail":"held","holder":"Ada","run":"run_1","expires_in_s":9}', 409)
    with answering(held) as (url, asked):
        writer = PortalWriter(Address(url, "token"))
        with pytest.raises(LeaseHeld) as refused:
            writer.take_lease(["settings"], 60, "tests", "run_2")
        writer.close()
    assert (len(asked), refused.value.holder, refused.value.expires_in_s) == (1, "Ada", 9.0)


@pytest.mark.parametrize("url", [
    "http://127.0.0.1:abc", "http://127.0.0.1:99999", "https://[::1", "https://xn--.example", "https://ü..example/",
    f"https://{'a' * 300}.example", "https://a\x01b.example", "https://exa mple.com", "", "ftp://portal.example",
])  # fmt: skip
def test_what_is_no_address_of_a_portal_is_wrong_usage(url: str) -> None:
    with pytest.raises(WrongUsage, match="is not the URL of a portal"):
        Address(url, "rp_token")


@pytest.mark.parametrize("token", ["rp_one\nrp_two", "rp one", "tökén", "\udcff\udcfe", "\ufefftoken", "", "x" * 5000])
def test_what_is_no_token_is_not_sent_and_not_shown(token: str) -> None:
    with pytest.raises(NotAllowed) as refused:
        Address("http://127.0.0.1:1", token)
    assert "rp_" not in f"{refused.value.message} {refused.value.hint}"


@pytest.mark.parametrize(
    ("status", "failure"),
    [(404, NotUnderstood), (422, NotUnderstood), (409, NotUnderstood), (431, NotUnderstood), (500, PortalUnavailable)],
)
def test_what_only_asks_never_ends_as_a_failed_write(status: int, failure: type[ReconcilerError]) -> None:
    problem = json.dumps({"type": "not-found", "status": status, "detail": "no such page"}).encode()
    with answering(Answer(problem, status)) as (url, _), pytest.raises(failure, match=r"127\.0\.0\.1"):
        PortalReader(Address(url, "rp_token")).live_state()


@pytest.mark.parametrize("status", [401, 404, 409, 422, 500])
@pytest.mark.parametrize(
    "problem",
    [b"", b"[]", b"nul", b'{"type": 7, "detail": "x"}', b"{}", b'{"type": "stale", "detail": null}',
     b'{"type": "lease-held", "detail": "x", "expires_in_s": NaN}', b'{"type": "x", "detail": "y", "status": "409"}'],
)  # fmt: skip
def test_what_is_no_problem_document_leaves_the_status_to_speak(problem: bytes, status: int) -> None:
    expected = {401: NotAllowed, 500: PortalUnavailable}.get(status, NotUnderstood)
    with answering(Answer(problem, status)) as (url, _):
        writer = PortalWriter(Address(url, "token"), Budget(retries=0))
        with pytest.raises(expected, match=str(status)):
            writer.take_lease(["settings"], 60, "tests", "run_2")
        writer.close()


def test_a_redirect_is_named_and_not_followed() -> None:
    elsewhere = Answer(status=302, headers={"Location": "https://elsewhere.example/"})
    with answering(elsewhere) as (url, asked), pytest.raises(NotUnderstood, match="redirects are not followed"):
        PortalReader(Address(url, "rp_token")).live_state()
    assert len(asked) == 1


@pytest.mark.parametrize("after", ["3600", "Sat, 28 Nov 2099 05:40:00 GMT"])
def test_who_asks_us_to_come_much_later_is_not_asked_again(after: str) -> None:
    busy = Answer(status=503, headers={"Retry-After": after})
    with answering(busy) as (url, asked), pytest.raises(PortalUnavailable) as refused:
        PortalReader(Address(url, "rp_token")).live_state()
    assert len(asked) == 1
    assert str(refused.value.hint).startswith("try again in ")


@pytest.mark.parametrize("after", ["\xb2", "soon", "-1", "Sat, 28 Nov 2009 05:40:00 GMT"])
def test_a_wait_that_cannot_be_read_or_is_over_is_ours_to_choose(whole: bytes, after: str) -> None:
    assert read(Answer(status=503, headers={"Retry-After": after}), Answer(whole)) is None


def test_a_lease_that_is_held_is_known_by_its_holder() -> None:
    held = Answer(json.dumps({"holder": "ci", "run": "run_1", "expires_in_s": 7}).encode(), 409)
    with answering(held) as (url, _), pytest.raises(LeaseHeld) as refused:
        PortalWriter(Address(url, "rp_token")).take_lease(["settings"], 60, "tests", "run_2")
    assert (refused.value.holder, refused.value.run, refused.value.expires_in_s) == ("ci", "run_1", 7.0)


def test_a_line_without_end_is_given_up_while_it_comes() -> None:
    bomb = gzip.compress(b"0" * (MAX_LINE_BYTES * 4))
    sent = Answer(bomb, headers={"Content-Encoding": "gzip"})
    with answering(sent) as (url, _), pytest.raises(NotUnderstood, match="sent a line of more than"):
        PortalReader(Address(url, "rp_token")).live_state()


def test_an_answer_that_goes_on_and_on_ends_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("reconciler.adapters.connection.SNAPSHOT_DEADLINE_S", 0.5)
    with dripping() as url, pytest.raises(Unreachable, match="broke off"):
        PortalReader(Address(url, "rp_token")).live_state()


@contextmanager
def dripping() -> Iterator[str]:
    """A server that sends a byte now and then, for ten seconds."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            with contextlib.suppress(OSError):
                for _ in range(100):
                    self.wfile.write(b"{")
                    time.sleep(0.1)

        def log_message(self, *_arguments: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()


@pytest.mark.parametrize(
    ("kind", "member", "value"),
    [
        ("settings", "sign_up", None),
        ("settings", "languages", None),
        ("settings", "languages", {"source": "en", "target": []}),
        ("settings", "offers", {"expire_after_days": "30"}),
        ("settings", "branding", {"primary_color": 7, "logo": None}),
    ],
)
def test_a_field_of_another_shape_is_not_understood(kind: str, member: str, value: object, whole: bytes) -> None:
    lines = whole.splitlines(keepends=True)[:-1]
    rows = [json.loads(line) for line in lines]
    rows = [{**row, member: value} if row["kind"] == kind else row for row in rows]
    body = b"".join(json.dumps(row).encode() + b"\n" for row in rows)
    trailer = {**json.loads(whole.splitlines()[-1]), "sha256": hashlib.sha256(body).hexdigest()}
    error = read(Answer(body + json.dumps(trailer).encode() + b"\n"))
    assert isinstance(error, NotUnderstood)
    assert member in str(error)
