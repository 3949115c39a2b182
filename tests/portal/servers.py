"""Real servers in processes of their own, as an administrator starts them."""

from __future__ import annotations

import contextlib
import json
import os
import queue
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TextIO

import httpx
import uvicorn
from fastapi import FastAPI

from reconciler.portal.server.connections import Connection
from reconciler.portal.server.process import listen

STARTS_WITHIN_S = 60


@dataclass
class Server:
    """A server process, and every line of its log so far."""

    process: subprocess.Popen[str]
    token: str
    log: list[dict[str, Any]] = field(default_factory=list)
    raw: list[str] = field(default_factory=list)
    url: str = ""

    def client(self, **headers: str) -> httpx.Client:
        """A client with the token."""
        return httpx.Client(
            base_url=f"{self.url}/api/v1", headers={"Authorization": f"Bearer {self.token}", **headers}, timeout=180
        )

    def stop(self, within_s: float = 60) -> int:
        """Ask it to end; its exit code."""
        self.process.terminate()
        return self.process.wait(within_s)

    def kill(self) -> None:
        """End it without a word."""
        self.process.kill()
        self.process.wait(15)


@contextlib.contextmanager
def serving(database: str, *arguments: str, token: str = "", **environment: str) -> Iterator[Server]:
    """A running server; what is left of it is ended when the block ends.

    On PostgreSQL its files lie in a temporary folder, unless `--files` names one.
    """
    with contextlib.ExitStack() as stack:
        if not database.startswith("sqlite") and "--files" not in arguments:
            arguments = (
                *arguments,
                "--files",
                stack.enter_context(tempfile.TemporaryDirectory(prefix="portal-files-")),
            )
        yield stack.enter_context(_serving(database, arguments, token, environment))


@contextlib.contextmanager
def _serving(database: str, arguments: Sequence[str], token: str, environment: Mapping[str, str]) -> Iterator[Server]:
    command = [sys.executable, "-m", "reconciler", "portal", "serve", "--database", database, "--port", "0", *arguments]
    process = subprocess.Popen(
        command, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        env={"PATH": os.environ["PATH"], "HOME": os.devnull, **environment},
    )  # fmt: skip
    server = Server(process, token)
    started: queue.Queue[str] = queue.Queue()
    assert process.stderr is not None
    reader = threading.Thread(target=_read_log, args=(process.stderr, server, started), daemon=True)
    reader.start()
    try:
        server.url = started.get(timeout=STARTS_WITHIN_S)
        assert server.url, f"the server ended: {''.join(server.raw)}"
        _wait_until_it_answers(server)
        yield server
    finally:
        if process.poll() is None:
            server.kill()
        reader.join(5)


def _read_log(stream: TextIO, server: Server, started: queue.Queue[str]) -> None:
    for line in stream:
        server.raw.append(line)
        if line.startswith("{"):
            server.log.append(json.loads(line))
            if server.log[-1]["event"] == "serving":
                started.put(server.log[-1]["address"])
    started.put("")


def _wait_until_it_answers(server: Server) -> None:
    deadline = time.monotonic() + STARTS_WITHIN_S
    while True:
        try:
            assert httpx.get(f"{server.url}/healthz", timeout=5).status_code == 200
        except httpx.TransportError:
            assert time.monotonic() < deadline
            time.sleep(0.02)
        else:
            return


def until(true: Any, within_s: float = 180) -> None:
    """Wait until something is so; the limit only ends a test that would never end."""
    deadline = time.monotonic() + within_s
    while not true():
        assert time.monotonic() < deadline, "it did not come true in time"
        time.sleep(0.02)


@contextlib.contextmanager
def served(app: FastAPI, connections: int | None = None) -> Iterator[str]:
    """An application in a thread of this process, behind the portal's own connections; its address."""
    config = uvicorn.Config(
        app, http=Connection, log_config=None, access_log=False, limit_concurrency=connections, ws="none",
        timeout_graceful_shutdown=2,
    )  # fmt: skip
    server = uvicorn.Server(config)
    with listen("127.0.0.1", 0) as bound:
        thread = threading.Thread(target=server.run, kwargs={"sockets": [bound]}, daemon=True)
        thread.start()
        until(lambda: server.started)
        yield f"http://127.0.0.1:{bound.getsockname()[1]}"
        server.should_exit = True
        thread.join(10)


def connected(url: str, within_s: float = 20, source: str = "127.0.0.1") -> socket.socket:
    """A bare connection to a server, from this address."""
    host, port = url.removeprefix("http://").split(":")
    return socket.create_connection((host, int(port)), timeout=within_s, source_address=(source, 0))
