"""A portal that dies at the n-th statement of its writing transaction: started by the test of that name.

The program's modules are read and the application is built once; then every number on stdin forks
a server that counts the statements of writing transactions and ends itself with SIGKILL before the n-th (0:
never). A commit counts too, and so does the answer after the last of them, when it has not left yet. Every
answer carries how far it was counted.
"""

from __future__ import annotations

import asyncio
import gc
import os
import signal
import socket
import sys
from pathlib import Path
from typing import Any

import httpx
import uvicorn
from sqlalchemy import event
from starlette.types import ASGIApp, Receive, Scope, Send

from reconciler.portal.app import create_app
from reconciler.portal.store.store import open_store
from tests.portal.identity import sign_on_at

COUNTED = "x-counted"


class Countdown:
    """Kills the process when it has counted to the end; 0 never does."""

    def __init__(self) -> None:
        self.end = self.counted = 0
        self.committed = False

    def count(self) -> None:
        self.counted += 1
        if self.counted == self.end:
            os.kill(os.getpid(), signal.SIGKILL)


def main(database: str, files: str, issuer: str | None = None) -> None:
    """Fork a server for every number on stdin; its port and process id go to stdout."""
    store = open_store(database, files=Path(files))
    store.engine.dispose()
    countdown = Countdown()

    @event.listens_for(store.engine, "before_cursor_execute")
    def on_statement(connection: Any, *_: Any) -> None:
        if connection.get_execution_options().get("writing"):
            countdown.count()

    @event.listens_for(store.engine, "commit")
    def on_commit(connection: Any) -> None:
        if connection.get_execution_options().get("writing"):
            countdown.count()
            countdown.committed = True

    app = create_app(store, sign_on_at(issuer) if issuer else None)
    asyncio.run(_warm(app))
    store.engine.dispose()

    server = uvicorn.Config(_dying(app, countdown), log_config=None, access_log=False, lifespan="off", ws="none")
    server.load()
    gc.freeze()  # what is there already is shared with every fork
    for line in sys.stdin:
        listening = socket.create_server(("127.0.0.1", 0))
        pid = os.fork()
        if pid == 0:
            countdown.end, countdown.counted, countdown.committed = int(line), 0, False
            asyncio.run(uvicorn.Server(server).serve([listening]))
            os._exit(0)
        print(listening.getsockname()[1], pid, flush=True)
        listening.close()
        _, status = os.waitpid(pid, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)


def _dying(app: ASGIApp, countdown: Countdown) -> ASGIApp:
    """The application, with a last chance to die before it answers."""

    async def dying(scope: Scope, receive: Receive, send: Send) -> None:
        async def last_chance(message: Any) -> None:
            if message["type"] == "http.response.start":
                if countdown.committed:
                    countdown.count()
                message["headers"] = [*message["headers"], (COUNTED.encode(), str(countdown.counted).encode())]
            await send(message)

        await app(scope, receive, last_chance)

    return dying


async def _warm(app: ASGIApp) -> None:
    """What is made at the first request is made before the first fork."""
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://portal") as client:
        await client.get("/login")


if __name__ == "__main__":
    main(*sys.argv[1:])
