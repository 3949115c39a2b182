"""Connections with an end: who sends no head of a request in time, reads no answer, or speaks no HTTP.

What the server's library leaves open: a connection on which nothing whole arrives, or from which nothing
is read, would stay for ever; what is no HTTP, or one connection too many, would be answered in plain text.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Collection
from typing import Any, Final, cast

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from reconciler.portal.rules.problems import Problem
from reconciler.portal.web.request_limits import CONNECTIONS, CROWDED, HOST_SHARE, LARGEST_HEAD
from reconciler.portal.web.responses import problem_answer

HEAD_WITHIN_S: Final = 12.0
READ_WITHIN_S: Final = 300.0
"""So long may an answer lie unread, from a full buffer to one that takes something again.

Not less: the system's own buffer may hold a megabyte that a slow but steady reader has to take first.
"""
SEEN_WITHIN_S: Final = 2.0
"""So long does a connection stay open after an answer to a body that nobody reads: its end would undo the answer."""
HEARD_OUT: Final = 64
"""So many more are told that there is no room, and who asks how the server fares is answered; beyond, none is."""
_LOOK_EVERY_S: Final = 1.0
SMALLEST_PIECE: Final = 128
"""Bytes that pieces of a body have on average, at least: a small one costs as much as a large one."""
FREE_PIECES: Final = 1000
"""So many more may be smaller."""
MOST_LINES: Final = 200
"""Lines of a head."""
_END_OF_HEAD: Final = re.compile(rb"\n\r?\n")


class _Parser(h11.Connection):
    """The library's parser, which refuses heads and bodies in too many pieces."""

    _left = 0.0

    def next_event(self) -> Any:
        """The next part of a request; a RemoteProtocolError when it is in too many pieces."""
        if self.their_state is h11.IDLE:
            waiting, _ = self.trailing_data
            end = _END_OF_HEAD.search(waiting)
            if waiting.count(b"\n", 0, end.start() if end else len(waiting)) > MOST_LINES:
                raise h11.RemoteProtocolError("the head has too many lines")
        event = super().next_event()
        if isinstance(event, h11.Request):
            self._left = FREE_PIECES
        elif isinstance(event, h11.Data):
            self._left += len(event.data) / SMALLEST_PIECE - 1
            if self._left < 0:
                raise h11.RemoteProtocolError("the body comes in too small pieces")
        return event


class _Line:
    """The library's transport, which is not closed at once while the caller still sends a body that nobody reads."""

    def __init__(self, transport: asyncio.Transport, is_sending: Callable[[], bool]) -> None:
        self._transport = transport
        self._is_sending = is_sending
        self._ending = False

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)

    def close(self) -> None:
        """Read no more, and close when the caller has had time to see the answer."""
        if self._is_sending() and not self._ending:
            self._transport.pause_reading()
            asyncio.get_running_loop().call_later(SEEN_WITHIN_S, self._transport.close)
        elif not self._ending:
            self._transport.close()
        self._ending = True

    def is_closing(self) -> bool:
        return self._ending or self._transport.is_closing()


class Connection(H11Protocol):
    """One connection. The library's limit of connections is ours, but what becomes of one too many is not its own."""

    def __init__(self, *arguments: Any, **more: Any) -> None:
        super().__init__(*arguments, **more)
        self.conn = _Parser(h11.SERVER, self.config.h11_max_incomplete_event_size or LARGEST_HEAD)
        self._most, self.limit_concurrency = self.limit_concurrency or CONNECTIONS, None
        self._unread_since: float | None = None
        self._closing_since: float | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to wait for the first head; one too many takes the place of an idle one, or is told to come again."""
        super().connection_made(cast(asyncio.Transport, _Line(transport, self._answered_early)))
        self._waiting_since: float | None = self.loop.time()
        self._look: asyncio.TimerHandle | None = self.loop.call_later(_LOOK_EVERY_S, self._judge)
        of_host = self._connections_of_its_host()
        if not (_has_room(self.connections, self._most) and _has_room(of_host, max(self._most // HOST_SHARE, 1))):
            self.app_state = {**self.app_state, CROWDED: True}
            if len(self.connections) > self._most + HEARD_OUT:
                transport.abort()

    def _connections_of_its_host(self) -> list[Connection]:
        """The connections from the same address; none for a trusted proxy, which carries those of many hosts."""
        host = self.client[0] if self.client else None
        if host in getattr(self.app, "trusted_hosts", ()):
            return []
        ours = (each for each in self.connections if isinstance(each, Connection))
        return [each for each in ours if each.client and each.client[0] == host]

    def make_room(self) -> bool:
        """Close the connection if it is idle; whether it was."""
        if idle := self._between_requests() and not self.transport.is_closing():
            self.timeout_keep_alive_handler()
        return idle

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

    def pause_writing(self) -> None:
        """More of an answer is written than the caller reads."""
        super().pause_writing()
        self._unread_since = self.loop.time()

    def resume_writing(self) -> None:
        """The caller reads on."""
        super().resume_writing()
        self._unread_since = None

    def _answered_early(self) -> bool:
        """The request was answered before its body came to an end."""
        return self.cycle is not None and self.cycle.response_complete and self.conn.their_state is h11.SEND_BODY

    def _busy(self) -> bool:
        return self.cycle is not None and not self.cycle.response_complete

    def _judge(self) -> None:
        if self.transport.is_closing():
            self._closing_since = self._closing_since or self.loop.time()
        if self._is_over(self._unread_since, READ_WITHIN_S) or self._is_over(self._closing_since, HEAD_WITHIN_S):
            self.transport.abort()
            return
        if self._busy() or self._between_requests():
            self._waiting_since = None
        elif self._is_over(self._waiting_since, HEAD_WITHIN_S):
            self.transport.close()
            return
        self._look = self.loop.call_later(_LOOK_EVERY_S, self._judge)

    def _is_over(self, since: float | None, within_s: float) -> bool:
        return since is not None and self.loop.time() - since > within_s

    def _between_requests(self) -> bool:
        """Nothing of another request has come: the library's own limit for idle connections runs."""
        return self.timeout_keep_alive_task is not None

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002  its caller is the library
        """What arrived is no HTTP, or more of it than we read: a problem, and the end of the connection."""
        if self.conn.our_state not in {h11.IDLE, h11.SEND_RESPONSE}:
            self.transport.close()  # an answer was given or begun: there is none to give
            return
        answered = problem_answer(Problem("malformed", "this is no HTTP request that the portal reads"))
        headers: Any = [*answered.raw_headers, (b"connection", b"close")]
        for event in (
            h11.Response(status_code=400, headers=headers, reason=b"Bad Request"),
            h11.Data(data=bytes(answered.body)), h11.EndOfMessage(),
        ):  # fmt: skip
            self.transport.write(self.conn.send(event) or b"")
        self.transport.close()


def _has_room(connections: Collection[Any], most: int) -> bool:
    """Whether there are at most so many of them, if need be after an idle one was closed."""
    return len(connections) <= most or any(each.make_room() for each in connections)
