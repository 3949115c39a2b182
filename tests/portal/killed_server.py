"""A portal that dies at the n-th statement of its writing transaction: started by the test of that name.

The program's modules are read and the application is built once; then every number on stdin forks
a server that counts the statements of writing transactions and ends itself with SIGKILL before the n-th (0:
never). A commit counts twice: before it, and after it, when the answer has not left yet.
"""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sys
from pathlib import Path
from typing import Any

import uvicorn
from sqlalchemy import event
from starlette.types import Receive, Scope, Send

from reconciler.portal.api.app import create_app
from reconciler.portal.store.store import open_store


class Countdown:
    """Kills the process when it has counted to the end; 0 never does."""

    def __init__(self) -> None:
        self.left = 0
        self.committed = False

    def count(self) -> None:
        self.left -= 1
        if self.left == 0:
            os.kill(os.getpid(), signal.SIGKILL)


def main(database: str, files: str) -> None:
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

    app = create_app(store)
    store.engine.dispose()

    async def dying(scope: Scope, receive: Receive, send: Send) -> None:
        async def last_chance(message: Any) -> None:
            if countdown.committed and message["type"] == "http.response.start":
                countdown.count()
            await send(message)

        await app(scope, receive, last_chance)

    for line in sys.stdin:
        listening = socket.create_server(("127.0.0.1", 0))
        pid = os.fork()
        if pid == 0:
            countdown.left = int(line)
            config = uvicorn.Config(dying, log_config=None, access_log=False, lifespan="off")
            asyncio.run(uvicorn.Server(config).serve([listening]))
            os._exit(0)
        print(listening.getsockname()[1], pid, flush=True)
        listening.close()
        _, status = os.waitpid(pid, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
