"""Connections with limits: for the head of a request, slow readers, and invalid HTTP.

uvicorn has no such limits: a connection that never sends a whole request, or never reads its
answer, would stay open for ever, and invalid HTTP or an excess connection would get a plain-text
answer.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Collection
from typing import Any, Final, cast

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from reconciler.portal.rules.problems import Problem
from reconciler.portal.web.request_limits import (
    CROWDED_KEY,
    HOST_SHARE,
    MAX_CONNECTIONS,
    MAX_HEAD_BYTES,
)
from reconciler.portal.web.responses import problem_answer

HEAD_WITHIN_S: Final = 12.0
# How long a full buffer may wait for the reader to take something. Not less: the system's own
# buffer may hold a megabyte that a slow but steady reader takes first.
READ_WITHIN_S: Final = 300.0
# How long a connection stays open after an early answer, so that it can be read.
LINGER_S: Final = 2.0
# This many excess connections get an answer (503, or monitoring); further ones are dropped.
MAX_ANSWERED_EXCESS: Final = 64
_CHECK_EVERY_S: Final = 1.0
# The least average size of the pieces of a body, in bytes.
MIN_PIECE_BYTES: Final = 128
# This many more pieces may be smaller.
MAX_SMALL_PIECES: Final = 1000
# Lines of a head.
MAX_HEAD_LINES: Final = 200
_END_OF_HEAD: Final = re.compile(rb"\n\r?\n")


class _Parser(h11.Connection):
    """The parser of h11, which also refuses heads and bodies in too many pieces."""

    _allowance = 0.0

    def next_event(self) -> Any:
        """Return the next event; a RemoteProtocolError if the request has too many pieces."""
        if self.their_state is h11.IDLE:
            pending, _ = self.trailing_data
            end = _END_OF_HEAD.search(pending)
            if (
                pending.count(b"\n", 0, end.start() if end else len(pending))
                > MAX_HEAD_LINES
            ):
                raise h11.RemoteProtocolError("the head has too many lines")
        event = super().next_event()
        if isinstance(event, h11.Request):
            self._allowance = MAX_SMALL_PIECES
        elif isinstance(event, h11.Data):
            self._allowance += len(event.data) / MIN_PIECE_BYTES - 1
            if self._allowance < 0:
                raise h11.RemoteProtocolError(
                    "the body arrives in pieces that are too small"
                )
        return event


class _Transport:
    """The transport, which lingers while the caller still sends a body that nobody reads."""

    def __init__(
        self, transport: asyncio.Transport, is_sending: Callable[[], bool]
    ) -> None:
        self._transport = transport
        self._is_sending = is_sending
        self._ending = False

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)

    def close(self) -> None:
        """Stop reading, and close after the caller has had time to read the answer."""
        if self._is_sending() and not self._ending:
            self._transport.pause_reading()
            asyncio.get_running_loop().call_later(LINGER_S, self._transport.close)
        elif not self._ending:
            self._transport.close()
        self._ending = True

    def is_closing(self) -> bool:
        return self._ending or self._transport.is_closing()


class Connection(H11Protocol):
    """One connection. The limit of connections is checked here, to answer excess ones properly."""

    def __init__(self, *arguments: Any, **more: Any) -> None:
        super().__init__(*arguments, **more)
        self.conn = _Parser(
            h11.SERVER, self.config.h11_max_incomplete_event_size or MAX_HEAD_BYTES
        )
        self._max_connections = self.limit_concurrency or MAX_CONNECTIONS
        # None: uvicorn's own check would answer an excess connection in plain text
        self.limit_concurrency = None
        self._unread_since: float | None = None
        self._closing_since: float | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Wait for the first head; an excess connection replaces an idle one, or gets 503."""
        super().connection_made(
            cast(asyncio.Transport, _Transport(transport, self._is_answered_early))
        )
        self._waiting_since: float | None = self.loop.time()
        self._check_timer: asyncio.TimerHandle | None = self.loop.call_later(
            _CHECK_EVERY_S, self._check
        )
        of_host = self._connections_of_its_host()
        if not (
            _has_room(self.connections, self._max_connections)
            and _has_room(of_host, max(self._max_connections // HOST_SHARE, 1))
        ):
            self.app_state = {**self.app_state, CROWDED_KEY: True}
            if len(self.connections) > self._max_connections + MAX_ANSWERED_EXCESS:
                transport.abort()

    def _connections_of_its_host(self) -> list[Connection]:
        """Return the connections from the same address; none for a trusted proxy."""
        host = self.client[0] if self.client else None
        if host in getattr(self.app, "trusted_hosts", ()):
            return []
        connections = (
            connection
            for connection in self.connections
            if isinstance(connection, Connection)
        )
        return [
            connection
            for connection in connections
            if connection.client and connection.client[0] == host
        ]

    def make_room(self) -> bool:
        """Close the connection if it is idle; return whether it was."""
        if idle := self._between_requests() and not self.transport.is_closing():
            self.timeout_keep_alive_handler()
        return idle

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop the timer."""
        if self._check_timer is not None:
            self._check_timer.cancel()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Receive data; an incomplete head starts its time limit."""
        if self._waiting_since is None and not self._busy():
            self._waiting_since = self.loop.time()
        super().data_received(data)

    def pause_writing(self) -> None:
        """Note that the caller reads more slowly than the answer is written."""
        super().pause_writing()
        self._unread_since = self.loop.time()

    def resume_writing(self) -> None:
        """Note that the caller reads again."""
        super().resume_writing()
        self._unread_since = None

    def _is_answered_early(self) -> bool:
        """Return whether the request was answered before its body ended."""
        return (
            self.cycle is not None
            and self.cycle.response_complete
            and self.conn.their_state is h11.SEND_BODY
        )

    def _busy(self) -> bool:
        return self.cycle is not None and not self.cycle.response_complete

    def _check(self) -> None:
        if self.transport.is_closing():
            self._closing_since = self._closing_since or self.loop.time()
        if self._is_over(self._unread_since, READ_WITHIN_S) or self._is_over(
            self._closing_since, HEAD_WITHIN_S
        ):
            self.transport.abort()
            return
        if self._busy() or self._between_requests():
            self._waiting_since = None
        elif self._is_over(self._waiting_since, HEAD_WITHIN_S):
            self.transport.close()
            return
        self._check_timer = self.loop.call_later(_CHECK_EVERY_S, self._check)

    def _is_over(self, since: float | None, within_s: float) -> bool:
        return since is not None and self.loop.time() - since > within_s

    def _between_requests(self) -> bool:
        """Return whether the connection is idle, so that the keep-alive timeout runs."""
        return self.timeout_keep_alive_task is not None

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002  called by the library
        """Answer invalid HTTP with a problem, and close the connection."""
        if self.conn.our_state not in {h11.IDLE, h11.SEND_RESPONSE}:
            self.transport.close()  # a response was sent or started
            return
        answer = problem_answer(Problem("malformed", "this is not a valid HTTP request"))
        headers: Any = [*answer.raw_headers, (b"connection", b"close")]
        for event in (
            h11.Response(status_code=400, headers=headers, reason=b"Bad Request"),
            h11.Data(data=bytes(answer.body)),
            h11.EndOfMessage(),
        ):
            self.transport.write(self.conn.send(event) or b"")
        self.transport.close()


def _has_room(connections: Collection[Any], maximum: int) -> bool:
    """Return whether the limit is kept, if necessary after closing an idle connection."""
    return len(connections) <= maximum or any(
        connection.make_room() for connection in connections
    )
