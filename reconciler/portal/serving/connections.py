"""Connections with an end: who sends no head of a request in time, or no HTTP, is not waited for.

What the server's library leaves open: a connection on which nothing whole arrives would stay for
ever, and what is no HTTP would be answered in plain text.
"""

from __future__ import annotations

import asyncio
from typing import Any, Final

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from reconciler.portal.api.answers import problem_answer
from reconciler.portal.rules.problems import Problem

HEAD_WITHIN_S: Final = 12.0
_LOOK_EVERY_S: Final = 1.0


class Connection(H11Protocol):
    """One connection."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to wait for the first head."""
        super().connection_made(transport)
        self._waiting_since: float | None = self.loop.time()
        self._look: asyncio.TimerHandle | None = self.loop.call_later(_LOOK_EVERY_S, self._judge)

    def connection_lost(self, exc: Exception | None) -> None:
        """Nothing is waited for any more."""
        if self._look is not None:
            self._look.cancel()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """A part of a request: if it is not the whole of its head, the rest is waited for, but not for ever."""
        if self._waiting_since is None and not self._busy():
            self._waiting_since = self.loop.time()
        super().data_received(data)

    def _busy(self) -> bool:
        return self.cycle is not None and not self.cycle.response_complete

    def _judge(self) -> None:
        if self._busy() or self._between_requests():
            self._waiting_since = None
        elif self._waiting_since is not None and self.loop.time() - self._waiting_since > HEAD_WITHIN_S:
            self.transport.close()
            return
        self._look = self.loop.call_later(_LOOK_EVERY_S, self._judge)

    def _between_requests(self) -> bool:
        """Nothing of another request has come: the library's own limit for idle connections runs."""
        return self.timeout_keep_alive_task is not None

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002  its caller is the library
        """What arrived is no HTTP, or more of it than we read: a problem, and the end of the connection."""
        answered = problem_answer(Problem("malformed", "this is no HTTP request that the portal reads"))
        headers: Any = [*answered.raw_headers, (b"connection", b"close")]
        for event in (
            h11.Response(status_code=400, headers=headers, reason=b"Bad Request"),
            h11.Data(data=bytes(answered.body)), h11.EndOfMessage(),
        ):  # fmt: skip
            self.transport.write(self.conn.send(event) or b"")
        self.transport.close()
