"""The edge of every answer and every request: what browsers are told, and how long a body may take.

Answers of the API are not for browsers at all, so they are told to do nothing with them. Pages have a
policy of their own, which is left alone.
"""

from __future__ import annotations

import asyncio
from typing import Final

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from reconciler.portal.api.answers import problem_answer
from reconciler.portal.rules.problems import Problem

PATIENCE_S: Final = 12.0
LARGEST_HEAD: Final = 64 * 1024
SLOWEST_BYTES_A_S: Final = 64 * 1024
"""A body is waited for so long, and for every so many bytes of it a second more."""

_CLOSE: Final = {"Connection": "close"}
_ALWAYS: Final = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Cache-Control": "no-store",
    "Cross-Origin-Resource-Policy": "same-origin",
}
_ONLY_HTTPS: Final = {"Strict-Transport-Security": "max-age=31536000; includeSubDomains"}


class Edge:
    """The layer itself; `secure`: people reach the portal over https."""

    def __init__(self, app: ASGIApp, *, secure: bool) -> None:
        self.app = app
        self.headers = {**_ALWAYS, **(_ONLY_HTTPS if secure else {})}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in self.headers.items():
                    headers.setdefault(name, value)
            await send(message)

        try:
            _judge_head(scope)
        except Problem as problem:
            await problem_answer(problem)(scope, receive, with_headers)
            return
        await self.app(scope, _Patience(receive), with_headers)


def _judge_head(scope: Scope) -> None:
    """A problem, and the end of the connection, when a head is too large or tells two lengths of one body."""
    names = {name for name, _ in scope["headers"]}
    if sum(len(name) + len(value) + len(": \r\n") for name, value in scope["headers"]) > LARGEST_HEAD:
        raise Problem("head-too-large", f"the headers have more than {LARGEST_HEAD:,} bytes", headers=_CLOSE)
    if {b"content-length", b"transfer-encoding"} <= names:
        raise Problem("malformed", "a body has a Content-Length or a Transfer-Encoding, not both", headers=_CLOSE)


class _Patience:
    """Receives a body, but does not wait for ever: a `too-slow` problem then."""

    def __init__(self, receive: Receive) -> None:
        self.receive = receive
        self.left_s = PATIENCE_S
        self.whole = False

    async def __call__(self) -> Message:
        if self.whole:
            return await self.receive()  # whoever listens now waits for the caller to go away
        loop = asyncio.get_running_loop()
        began = loop.time()
        try:
            async with asyncio.timeout(max(self.left_s, 0)):
                message = await self.receive()
        except TimeoutError:
            raise Problem("too-slow", "the body did not come in time", headers=_CLOSE) from None
        self.left_s += len(message.get("body", b"")) / SLOWEST_BYTES_A_S - (loop.time() - began)
        self.whole = not message.get("more_body", False)
        return message
