"""A server whose answers have no end, of every kind: it sends until nobody takes any more."""

from __future__ import annotations

import gzip
import threading
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import chain, repeat

HEADER = b'{"kind":"header","portal":"p","epoch":"e","revision":1,"now":"2026-11-23T12:00:00Z","since":null}\n'
SERVICE = (
    b'{"kind":"service","id":"svc_%d","version":1,"external_key":null,"owner":null,"applied":null,"touched":{},'
    b'"code":"c","name":"N","description":null,"template":null,"workflows":[],"available_to_all":true,"price":null,'
    b'"life":1}\n'
)


def _rows() -> Iterator[bytes]:
    """A snapshot that goes on and on, each row of which is a good one."""
    yield HEADER
    number = 0
    while True:
        yield b"".join(SERVICE % n for n in range(number, number + 100))
        number += 100


def _squeezed(content: Iterator[bytes]) -> Iterator[bytes]:
    packer = zlib.compressobj(9, zlib.DEFLATED, 16 + zlib.MAX_WBITS)
    for part in content:
        yield packer.compress(part)


def _twice() -> Iterator[bytes]:
    """A gigabyte of zeros in a kilobyte: gzip within gzip."""
    yield gzip.compress(b"".join(_squeezed(repeat(b"\0" * 2**20, 64))))
    yield from repeat(b"\0" * 65536)


ENDLESS = {
    "rows": (_rows, ""),
    "rows that were compressed": (lambda: _squeezed(_rows()), "gzip"),
    "a bomb of line breaks": (lambda: _squeezed(chain([HEADER], repeat(b"\n" * 2**20))), "gzip"),
    "a bomb of zeros": (lambda: _squeezed(repeat(b"\0" * 2**20)), "gzip"),
    "nothing, compressed without end": (
        lambda: chain([gzip.compress(b"")[:10]], repeat(b"\x00\x00\x00\xff\xff" * 4096)), "gzip",
    ),
    "more after the end": (lambda: chain([gzip.compress(HEADER)], repeat(b"\0" * 65536)), "gzip"),
    "a bomb within a bomb": (_twice, "gzip, gzip"),
    "another compression": (_twice, "br"),
    "spaces": (lambda: repeat(b" " * 65536), ""),
}  # fmt: skip
"""Kinds of answers: their bytes, and how they say that they are compressed."""


@dataclass
class Endless:
    """Where the server is, and how many bytes it got rid of."""

    url: str
    sent: list[int] = field(default_factory=list)


@contextmanager
def endless(kind: str, status: int = 200) -> Iterator[Endless]:
    """A server that gives this kind of answer to everything."""
    content, coding = ENDLESS[kind]
    found = Endless("")

    class Handler(BaseHTTPRequestHandler):
        def answer(self) -> None:
            self.rfile.read(int(self.headers.get("content-length", 0)))
            place = len(found.sent)
            found.sent.append(0)
            self.send_response(status)
            if coding:
                self.send_header("Content-Encoding", coding)
            self.end_headers()
            with suppress(OSError):
                for part in content():
                    self.wfile.write(part)
                    found.sent[place] += len(part)

        do_GET = do_POST = do_PUT = do_DELETE = answer

        def log_message(self, *_arguments: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    found.url = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield found
    finally:
        server.shutdown()
        server.socket.close()
