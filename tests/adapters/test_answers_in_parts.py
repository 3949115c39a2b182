"""A portal that goes on sending, each part of it in time, is hung up on: whichever part of an answer it is."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import pytest

from reconciler.adapters.address import Address
from reconciler.adapters.budget import Budget
from reconciler.adapters.reader import PortalReader
from reconciler.adapters.writer import PortalWriter
from reconciler.model.errors import OutcomeUnknown, Unreachable

CHUNKED = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
HINT = b"HTTP/1.1 103 Early Hints\r\nLink: </>\r\n\r\n"
PARTS: dict[str, tuple[bytes, bytes]] = {
    "early hints": (b"", HINT),
    "many early hints": (b"", HINT * 1000),
    "lines of a head": (b"HTTP/1.1 200 OK\r\n", b"X: y\r\n"),
    "bytes of a line of a head": (b"HTTP/1.1 200 OK\r\nX: ", b"y"),
    "bytes of the size of a chunk": (CHUNKED + b"1;", b"y"),
    "lines of a trailer": (CHUNKED + b"0\r\n", b"X: y\r\n"),
}
"""What an answer begins with, and what then comes again and again."""
GIVEN_UP_AFTER_S = 60


@contextmanager
def sending(first: bytes, then: bytes) -> Iterator[tuple[str, threading.Event]]:
    """A server that answers so, and whether its caller hung up before it gave up itself."""
    left = threading.Event()

    def answer(caller: socket.socket) -> None:
        with caller, suppress(OSError):
            caller.recv(65536)
            caller.sendall(first)
            end = time.monotonic() + GIVEN_UP_AFTER_S
            while time.monotonic() < end:
                try:
                    caller.sendall(then)
                except OSError:
                    left.set()
                    return
                time.sleep(0.01)

    def listen() -> None:
        with suppress(OSError):
            while True:
                threading.Thread(target=answer, args=(listening.accept()[0],), daemon=True).start()

    with socket.create_server(("127.0.0.1", 0)) as listening:
        threading.Thread(target=listen, daemon=True).start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}", left
        listening.shutdown(socket.SHUT_RDWR)


ASKED: dict[str, Callable[[Address], object]] = {
    "meta": lambda address: PortalReader(address, Budget(retries=0, timeout_s=0.5)).meta(),
    "snapshot": lambda address: PortalReader(address, Budget(retries=0, timeout_s=0.5)).live_state(),
    "lease": lambda address: PortalWriter(address, Budget(retries=0, timeout_s=0.5)).take_lease(
        ["settings"], 60, "tests", "run_1"
    ),
}


@pytest.mark.parametrize("asked", ASKED)
@pytest.mark.parametrize("kind", PARTS)
def test_an_answer_whose_parts_all_come_in_time_has_an_end_as_well(
    kind: str, asked: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("reconciler.adapters.connection.SNAPSHOT_DEADLINE_S", 0.5)
    with sending(*PARTS[kind]) as (url, left):
        with pytest.raises((Unreachable, OutcomeUnknown)):
            ASKED[asked](Address(url, "token"))
        assert left.wait(GIVEN_UP_AFTER_S / 2), "the caller listened on"
