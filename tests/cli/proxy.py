"""A proxy between the real program and the real portal, in which things can happen to single requests."""

from __future__ import annotations

import http.client
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

Hook = Callable[[str, str], None]
"""Called with method and path of a write."""


class Dropped(Exception):
    """Raised by a hook: the request goes no further."""


def nothing(_method: str, _path: str) -> None:
    """What usually happens."""


class Proxy:
    """Forwards everything; `before` and `after` are told of writes, and may do something terrible."""

    def __init__(self, upstream: str) -> None:
        self.before: Hook = nothing
        self.after: Hook = nothing
        self.writes: list[str] = []
        self.lock = threading.Lock()
        proxy, target = self, urlsplit(upstream)

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def forward(self) -> None:
                try:
                    self.pass_on()
                except Dropped:
                    self.close_connection = True

            def pass_on(self) -> None:
                body = self.rfile.read(int(self.headers.get("content-length", 0)))
                writing = self.command != "GET"
                if writing:
                    with proxy.lock:
                        proxy.writes.append(f"{self.command} {self.path}")
                    proxy.before(self.command, self.path)
                connection = http.client.HTTPConnection(str(target.hostname), target.port, timeout=30)
                headers = {name: value for name, value in self.headers.items() if name.lower() != "host"}
                connection.request(self.command, self.path, body or None, headers)
                answer = connection.getresponse()
                content = answer.read()
                if writing:
                    proxy.after(self.command, self.path)
                self.send_response(answer.status)
                for name, value in answer.getheaders():
                    if name.lower() not in {"transfer-encoding", "content-length", "connection"}:
                        self.send_header(name, value)
                if answer.status != 204:
                    self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)
                connection.close()

            do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = forward

            def log_message(self, *_arguments: Any) -> None:
                """Say nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.handle_error = lambda *_: None  # type: ignore[method-assign]  # clients die here on purpose
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"


@contextmanager
def proxied(upstream: str) -> Iterator[Proxy]:
    """A proxy that runs while the block does."""
    proxy = Proxy(upstream)
    thread = threading.Thread(target=proxy.server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield proxy
    finally:
        proxy.server.shutdown()
        proxy.server.server_close()
