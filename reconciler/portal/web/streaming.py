"""Streamed responses: one response class that owns its source and always closes it."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Generator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field

from anyio import CapacityLimiter
from anyio.to_thread import run_sync
from fastapi import Response
from starlette.types import Message, Receive, Scope, Send

from reconciler.portal.web.request_limits import TransferLimit

Parts = Generator[bytes, None, None]


def no_parts() -> Parts:
    """Return the parts of a response without a body."""
    yield from ()


@dataclass(frozen=True, slots=True)
class Source:
    """Status, headers and the generator of bytes of a streamed response."""

    parts: Parts
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    media_type: str | None = None


class ReaderTooSlow(asyncio.CancelledError):
    """The reader is slower than its limit; the connection is closed, as at a server stop."""


class StreamedResponse(Response):
    """A response from a source that is opened, read and closed in worker threads.

    The source is opened before the response starts, so a problem can still be answered. It is
    closed when the response is complete, the caller disconnects or is too slow, the source fails,
    or the server stops.
    """

    def __init__(
        self, source: AbstractContextManager[Source], limit: TransferLimit | None = None
    ) -> None:
        # not the parent's __init__: its body, though empty, would announce a length of 0
        self.status_code, self.background = 200, None
        self.init_headers()
        self._source, self._limit = _OpenSource(source), limit

    # ASGI's signature
    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002
        """Send the response."""
        listening = asyncio.ensure_future(_disconnect(receive))
        timed_send = _TimedSend(send, self._limit)
        try:
            source = await run_sync(self._source.open)
            self.status_code, self.media_type = source.status, source.media_type
            self.init_headers(source.headers)
            await timed_send(
                {
                    "type": "http.response.start",
                    "status": self.status_code,
                    "headers": self.raw_headers,
                }
            )
            while (
                not listening.done()
                and (part := await run_sync(self._source.next_part)) is not None
            ):
                await timed_send(
                    {"type": "http.response.body", "body": part, "more_body": True}
                )
            if not listening.done():
                await timed_send(
                    {"type": "http.response.body", "body": b"", "more_body": False}
                )
        finally:
            listening.cancel()
            # a limiter of its own, because closing must not wait for the threads of other requests
            await run_sync(self._source.close, limiter=CapacityLimiter(1))


async def _disconnect(receive: Receive) -> None:
    """Return when the caller has disconnected; an invalid body counts as that."""
    with contextlib.suppress(Exception):
        while (await receive())["type"] != "http.disconnect":
            pass


class _TimedSend:
    """Sends messages with time limits, else `ReaderTooSlow`; only waiting for the reader counts."""

    def __init__(self, send: Send, limit: TransferLimit | None) -> None:
        self._send = send
        self._limit = limit
        self._left_s = limit.max_pause_s if limit else 0.0
        self._started = asyncio.get_running_loop().time()

    async def __call__(self, message: Message) -> None:
        if self._limit is None:
            await self._send(message)
            return
        loop = asyncio.get_running_loop()
        started = loop.time()
        left_s = min(self._left_s, self._started + self._limit.max_total_s - started)
        if left_s <= 0:
            raise ReaderTooSlow
        try:
            async with asyncio.timeout(left_s):
                await self._send(message)
        except TimeoutError:
            raise ReaderTooSlow from None
        earned_s = len(message.get("body", b"")) / self._limit.min_bytes_per_s
        self._left_s = min(
            self._left_s - (loop.time() - started) + earned_s, self._limit.max_pause_s
        )


class _OpenSource:
    """A source used by one thread at a time; closing waits for an abandoned thread."""

    def __init__(self, source: AbstractContextManager[Source]) -> None:
        self._source = source
        self._stack = contextlib.ExitStack()
        self._lock = threading.Lock()
        self._parts: Parts | None = None
        self._is_closed = False

    def open(self) -> Source:
        with self._lock:
            if self._is_closed:
                raise ReaderTooSlow
            source = self._stack.enter_context(self._source)
            self._parts = self._stack.enter_context(contextlib.closing(source.parts))
            return source

    def next_part(self) -> bytes | None:
        with self._lock:
            return next(self._parts, None) if self._parts and not self._is_closed else None

    def close(self) -> None:
        with self._lock:
            self._is_closed = True
            self._stack.close()
