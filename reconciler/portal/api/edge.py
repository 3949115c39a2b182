"""The edge of every answer and every request: what browsers are told, and how long a body may take.

Answers of the API are not for browsers at all, so they are told to do nothing with them. Pages have a
policy of their own, which is left alone.
"""

from __future__ import annotations

import asyncio
from typing import Final

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from reconciler.portal.rules.problems import Problem

PATIENCE_S: Final = 12.0
SLOWEST_BYTES_A_S: Final = 64 * 1024
"""A body is waited for so long, and for every so many bytes of it a second more."""

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

        await self.app(scope, _Patience(receive), with_headers)


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
            raise Problem("too-slow", "the body did not come in time", headers={"Connection": "close"}) from None
        self.left_s += len(message.get("body", b"")) / SLOWEST_BYTES_A_S - (loop.time() - began)
        self.whole = not message.get("more_body", False)
        return message
