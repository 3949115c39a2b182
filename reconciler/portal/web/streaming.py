"""Streamed answers: the one response class, which owns the source of its bytes and closes it however it ends."""

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

from reconciler.portal.web.request_limits import Pace

Parts = Generator[bytes, None, None]


def no_parts() -> Parts:
    """The parts of an answer that is its head only."""
    yield from ()


@dataclass(frozen=True, slots=True)
class Source:
    """What a streamed answer says, and the generator of its bytes."""

    parts: Parts
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    media_type: str | None = None


class ReaderTooSlow(asyncio.CancelledError):
    """The end of an answer whose reader is slower than its pace: the connection is closed, as it is at a stop."""


class Streamed(Response):
    """An answer from a source that is opened, asked and closed in worker threads.

    The source is opened before the answer begins, so a problem is still answered as one. It is closed when the
    answer is complete, the caller is gone, the reader is too slow, the source fails or the server stops.
    """

    def __init__(self, source: AbstractContextManager[Source], pace: Pace | None = None) -> None:
        # not the parent's __init__: its body, though empty, would announce a length of 0
        self.status_code, self.background = 200, None
        self.init_headers()
        self._source, self._pace = _OpenSource(source), pace

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002  ASGI's signature
        """Send the answer."""
        listening = asyncio.ensure_future(_disconnect(receive))
        paced = _PacedSend(send, self._pace)
        try:
            source = await run_sync(self._source.open)
            self.status_code, self.media_type = source.status, source.media_type
            self.init_headers(source.headers)
            await paced({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
            while not listening.done() and (part := await run_sync(self._source.next_part)) is not None:
                await paced({"type": "http.response.body", "body": part, "more_body": True})
            if not listening.done():
                await paced({"type": "http.response.body", "body": b"", "more_body": False})
        finally:
            listening.cancel()
            # a limiter of its own, because closing must not wait for the threads of other requests
            await run_sync(self._source.close, limiter=CapacityLimiter(1))


async def _disconnect(receive: Receive) -> None:
    """Return when the caller is gone; a body that does not come as it should counts as that."""
    with contextlib.suppress(Exception):
        while (await receive())["type"] != "http.disconnect":
            pass


class _PacedSend:
    """Sends messages, but does not wait for ever: `ReaderTooSlow` then. Only waiting for the reader costs time."""

    def __init__(self, send: Send, pace: Pace | None) -> None:
        self._send = send
        self._pace = pace
        self._left_s = pace.wait_s if pace else 0.0
        self._began = asyncio.get_running_loop().time()

    async def __call__(self, message: Message) -> None:
        if self._pace is None:
            await self._send(message)
            return
        loop = asyncio.get_running_loop()
        began = loop.time()
        left_s = min(self._left_s, self._began + self._pace.whole_s - began)
        if left_s <= 0:
            raise ReaderTooSlow
        try:
            async with asyncio.timeout(left_s):
                await self._send(message)
        except TimeoutError:
            raise ReaderTooSlow from None
        bought_s = len(message.get("body", b"")) / self._pace.bytes_a_s
        self._left_s = min(self._left_s - (loop.time() - began) + bought_s, self._pace.wait_s)


class _OpenSource:
    """A source that one thread at a time uses: a stop abandons the thread that works for it, and closing waits."""

    def __init__(self, source: AbstractContextManager[Source]) -> None:
        self._source = source
        self._stack = contextlib.ExitStack()
        self._lock = threading.Lock()
        self._parts: Parts | None = None
        self._closed = False

    def open(self) -> Source:
        with self._lock:
            if self._closed:
                raise ReaderTooSlow
            source = self._stack.enter_context(self._source)
            self._parts = self._stack.enter_context(contextlib.closing(source.parts))
            return source

    def next_part(self) -> bytes | None:
        with self._lock:
            return next(self._parts, None) if self._parts and not self._closed else None

    def close(self) -> None:
        with self._lock:
            self._closed = True
            self._stack.close()
