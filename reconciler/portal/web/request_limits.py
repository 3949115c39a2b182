"""The edge of every answer and every request: what browsers are told, how long a body may take, who is one too many.

Answers of the API are not for browsers at all, so they are told to do nothing with them. Pages have a
policy of their own, which is left alone.
"""

from __future__ import annotations

import asyncio
import math
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from typing import Final

from fastapi import Request, Response
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from reconciler.portal.rules.problems import Problem
from reconciler.portal.rules.throttle import network_of
from reconciler.portal.web.budgets import COME_AGAIN_S, Budget
from reconciler.portal.web.rate_limit import Share, Turns
from reconciler.portal.web.responses import FOR_PROGRAMS, noted, problem_answer


@dataclass(frozen=True, slots=True)
class Pace:
    """How slow bytes may go: so long nothing at all, on the whole not less than so many a second, all within a time."""

    wait_s: float
    bytes_a_s: float
    whole_s: float = math.inf


@dataclass(frozen=True, slots=True)
class Paces:
    """The pace of what is typed or computed, that of files, which people send over whatever line they have, and that
    of whoever reads a snapshot, which keeps a connection to the database.
    """

    body: Pace = Pace(wait_s=12.0, bytes_a_s=64 * 1024)
    file: Pace = Pace(wait_s=30.0, bytes_a_s=8 * 1024)
    requests: Share = field(default_factory=Share)
    snapshot: Pace = Pace(wait_s=30.0, bytes_a_s=64 * 1024, whole_s=600.0)


PACES: Final = Paces()
LARGEST_HEAD: Final = 64 * 1024
CROWDED: Final = "crowded"
"""The mark that a connection leaves in a request's state when the server has as many as it takes already."""
CONNECTIONS: Final = 400
"""How many a process has at once unless it is told another number."""
ONE_IN: Final = 4
"""A host has at most one in so many of the connections, and of the requests that are worked on."""

IGNORED_BYTES: Final = 1024 * 1024
"""Bytes of a body that come after its answer and are dropped; with more of them, the connection ends."""

_PATIENCE: Final = "portal.patience"
_WATCHING: Final = FOR_PROGRAMS[1:]
"""Who asks how a server fares is answered also when it has no room for anybody else."""
_CLOSE: Final = {"Connection": "close"}
_ALWAYS: Final = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Cache-Control": "no-store",
    "Cross-Origin-Resource-Policy": "same-origin",
}
_ONLY_HTTPS: Final = {"Strict-Transport-Security": "max-age=31536000"}


class Edge:
    """The layer itself; `secure`: people reach the portal over https; `page`: how a problem looks to them."""

    def __init__(
        self, app: ASGIApp, page: Callable[[Request, Problem, str], Response], *, secure: bool, paces: Paces = PACES
    ) -> None:
        self.app = app
        self.page = page
        self.paces = paces
        self.turns = Turns(paces.requests)
        self.at_once = Budget(sys.maxsize, CONNECTIONS // ONE_IN, "too many requests at once from this address")
        self.headers = {**_ALWAYS, **(_ONLY_HTTPS if secure else {})}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        crowded, begun = _is_crowded(scope), False
        patience = _Patience(receive, self.paces, _length(scope))

        async def with_headers(message: Message) -> None:
            nonlocal begun
            begun = True
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                ending = crowded or patience.unread > IGNORED_BYTES
                for name, value in (self.headers | (_CLOSE if ending else {})).items():
                    headers.setdefault(name, value)
            await send(message)

        scope[_PATIENCE] = patience
        try:
            _judge_head(scope)
            with self._room_for(scope):
                await self._wait_for_a_turn(scope)
                await self.app(scope, patience, with_headers)
        except Problem as problem:
            if begun:
                raise
            await self._told(scope, problem)(scope, receive, with_headers)
        except asyncio.CancelledError:
            if begun:
                raise  # half an answer: the connection is closed, and the caller misses the rest
            await self._told(scope, _stopping())(scope, receive, with_headers)

    def _room_for(self, scope: Scope) -> AbstractContextManager[None]:
        """The host's share of the requests at once, while the block runs; monitoring always has room."""
        if scope["path"].startswith(_WATCHING):
            return nullcontext()
        if _is_crowded(scope):
            raise Problem("unavailable", "too many callers at once", headers={"Retry-After": str(COME_AGAIN_S)})
        return self.at_once.taken(_host(scope))

    async def _wait_for_a_turn(self, scope: Scope) -> None:
        if not scope["path"].startswith(_WATCHING):
            wait_s = self.turns.wait_s(_host(scope), asyncio.get_running_loop().time())
            if wait_s:
                await asyncio.sleep(wait_s)

    def _told(self, scope: Scope, problem: Problem) -> Response:
        if scope["path"].startswith(FOR_PROGRAMS):
            return problem_answer(problem)
        return self.page(Request(scope), problem, noted(problem))


def _stopping() -> Problem:
    headers = {"Retry-After": str(COME_AGAIN_S), **_CLOSE}
    return Problem("unavailable", "the server is told to stop and waits no longer: ask again", headers=headers)


def _host(scope: Scope) -> str:
    return network_of(scope["client"][0]) if scope.get("client") else ""


def _is_crowded(scope: Scope) -> bool:
    return bool(scope.get("state", {}).get(CROWDED))


def _length(scope: Scope) -> float:
    """How many bytes of a body come; without end when nobody says so."""
    headers = dict(scope["headers"])
    if b"transfer-encoding" in headers:
        return math.inf
    declared = headers.get(b"content-length", b"0")
    return int(declared) if declared.isdigit() else math.inf


def _judge_head(scope: Scope) -> None:
    """A problem, and the end of the connection, when a head is too large or tells two lengths of one body."""
    names = {name for name, _ in scope["headers"]}
    if sum(len(name) + len(value) + len(": \r\n") for name, value in scope["headers"]) > LARGEST_HEAD:
        raise Problem("head-too-large", f"the headers have more than {LARGEST_HEAD:,} bytes", headers=_CLOSE)
    if {b"content-length", b"transfer-encoding"} <= names:
        raise Problem("malformed", "a body has a Content-Length or a Transfer-Encoding, not both", headers=_CLOSE)


def wait_as_for_a_file(request: Request) -> None:
    """From here on the body may come at the pace of a file: asked for once it is known who sends it."""
    patience: _Patience = request.scope[_PATIENCE]
    patience.go_at(patience.paces.file)


class _Patience:
    """Receives a body, but does not wait for ever: a `too-slow` problem then.

    Bytes that come buy time, but never more than the pace's wait: who sent much and stops is not waited
    for longer than who sent nothing.
    """

    def __init__(self, receive: Receive, paces: Paces, length: float) -> None:
        self.receive = receive
        self.paces = paces
        self.unread = length
        self.go_at(paces.body)
        self.whole = False

    def go_at(self, pace: Pace) -> None:
        """Wait at this pace from now on."""
        self.pace, self.left_s = pace, pace.wait_s

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
        bought_s = len(message.get("body", b"")) / self.pace.bytes_a_s
        self.left_s = min(self.left_s - (loop.time() - began) + bought_s, self.pace.wait_s)
        self.whole = not message.get("more_body", False)
        self.unread = 0 if self.whole else self.unread - len(message.get("body", b""))
        return message
