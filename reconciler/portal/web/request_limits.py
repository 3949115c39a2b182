"""Limits of every request and response: security headers, transfer times, concurrency per host.

Browsers are told to do nothing with answers of the API. Pages set a content policy of their own,
which stays.
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
from reconciler.portal.web.budgets import RETRY_AFTER_S, Budget
from reconciler.portal.web.rate_limit import RateLimit, RateLimiter
from reconciler.portal.web.responses import PROGRAM_PATHS, log_problem, problem_answer


@dataclass(frozen=True, slots=True)
class TransferLimit:
    """The slowest accepted transfer: the longest pause, the average rate, and the total time."""

    max_pause_s: float
    min_bytes_per_s: float
    max_total_s: float = math.inf


@dataclass(frozen=True, slots=True)
class TrafficLimits:
    """Transfer limits for typed bodies, for files over slow lines, and for snapshots.

    A reader of a snapshot keeps a connection to the database, so its total time is limited.
    """

    body: TransferLimit = TransferLimit(max_pause_s=12.0, min_bytes_per_s=64 * 1024)
    file: TransferLimit = TransferLimit(max_pause_s=30.0, min_bytes_per_s=8 * 1024)
    rate: RateLimit = field(default_factory=RateLimit)
    snapshot: TransferLimit = TransferLimit(
        max_pause_s=30.0, min_bytes_per_s=64 * 1024, max_total_s=600.0
    )


TRAFFIC_LIMITS: Final = TrafficLimits()
MAX_HEAD_BYTES: Final = 64 * 1024
# The key in a request's state that a connection sets if the server has no room for it.
CROWDED_KEY: Final = "crowded"
# The default limit of connections per process.
MAX_CONNECTIONS: Final = 400
# One host has at most this fraction (1/4) of the connections and concurrent requests.
HOST_SHARE: Final = 4

# Bytes of a body after its answer that are dropped; with more of them the connection is closed.
IGNORED_BYTES: Final = 1024 * 1024

_TIMED_RECEIVE: Final = "portal.timed_receive"
# Paths that are answered even if there is no room for other requests.
_MONITORING: Final = PROGRAM_PATHS[1:]
_CLOSE: Final = {"Connection": "close"}
_HEADERS: Final = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Cache-Control": "no-store",
    "Cross-Origin-Resource-Policy": "same-origin",
}
_HTTPS_HEADERS: Final = {"Strict-Transport-Security": "max-age=31536000"}


class RequestLimits:
    """The ASGI layer. `secure`: people use https. `page` renders a problem for people."""

    def __init__(
        self,
        app: ASGIApp,
        page: Callable[[Request, Problem, str], Response],
        *,
        secure: bool,
        limits: TrafficLimits = TRAFFIC_LIMITS,
    ) -> None:
        self.app = app
        self.page = page
        self.limits = limits
        self.rate_limiter = RateLimiter(limits.rate)
        self.concurrent = Budget(
            sys.maxsize,
            MAX_CONNECTIONS // HOST_SHARE,
            "too many requests at once from this address",
        )
        self.headers = {**_HEADERS, **(_HTTPS_HEADERS if secure else {})}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        crowded, started = _is_crowded(scope), False
        timed_receive = _TimedReceive(receive, self.limits, _length(scope))

        async def with_headers(message: Message) -> None:
            nonlocal started
            started = True
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                ending = crowded or timed_receive.unread > IGNORED_BYTES
                for name, value in (self.headers | (_CLOSE if ending else {})).items():
                    headers.setdefault(name, value)
            await send(message)

        scope[_TIMED_RECEIVE] = timed_receive
        try:
            _check_head(scope)
            with self._room_for(scope):
                await self._wait_for_rate_limit(scope)
                await self.app(scope, timed_receive, with_headers)
        except Problem as problem:
            if started:
                raise
            await self._response_to(scope, problem)(scope, receive, with_headers)
        except asyncio.CancelledError:
            if started:
                raise  # the response has started, so only closing the connection tells the caller
            await self._response_to(scope, _stopping())(scope, receive, with_headers)
        finally:
            # a large body costs as much as many requests; files are streamed and are not counted
            if timed_receive.typed_bytes > self.limits.rate.body_bytes:
                now = asyncio.get_running_loop().time()
                self.rate_limiter.charge(_host(scope), now, timed_receive.typed_bytes)

    def _room_for(self, scope: Scope) -> AbstractContextManager[None]:
        """Hold one of the host's concurrent requests during the block; monitoring is exempt."""
        if scope["path"].startswith(_MONITORING):
            return nullcontext()
        if _is_crowded(scope):
            raise Problem(
                "unavailable",
                "too many connections",
                headers={"Retry-After": str(RETRY_AFTER_S)},
            )
        return self.concurrent.hold(_host(scope))

    async def _wait_for_rate_limit(self, scope: Scope) -> None:
        if not scope["path"].startswith(_MONITORING):
            wait_s = self.rate_limiter.wait_s(
                _host(scope), asyncio.get_running_loop().time()
            )
            if wait_s:
                await asyncio.sleep(wait_s)

    def _response_to(self, scope: Scope, problem: Problem) -> Response:
        if scope["path"].startswith(PROGRAM_PATHS):
            return problem_answer(problem)
        return self.page(Request(scope), problem, log_problem(problem))


def _stopping() -> Problem:
    headers = {"Retry-After": str(RETRY_AFTER_S), **_CLOSE}
    return Problem("unavailable", "the server is stopping; try again", headers=headers)


def _host(scope: Scope) -> str:
    return network_of(scope["client"][0]) if scope.get("client") else ""


def _is_crowded(scope: Scope) -> bool:
    return bool(scope.get("state", {}).get(CROWDED_KEY))


def _length(scope: Scope) -> float:
    """Return the number of body bytes to come; infinite if it is not declared."""
    headers = dict(scope["headers"])
    if b"transfer-encoding" in headers:
        return math.inf
    declared = headers.get(b"content-length", b"0")
    return int(declared) if declared.isdigit() else math.inf


def _check_head(scope: Scope) -> None:
    """Raise a problem if the head is too large or gives two body lengths."""
    names = {name for name, _ in scope["headers"]}
    if (
        sum(len(name) + len(value) + len(": \r\n") for name, value in scope["headers"])
        > MAX_HEAD_BYTES
    ):
        raise Problem(
            "head-too-large",
            f"the headers have more than {MAX_HEAD_BYTES:,} bytes",
            headers=_CLOSE,
        )
    if {b"content-length", b"transfer-encoding"} <= names:
        raise Problem(
            "malformed",
            "a body must not have both Content-Length and Transfer-Encoding",
            headers=_CLOSE,
        )


def use_file_limits(request: Request) -> None:
    """Apply the limits of files to the rest of the body; called once the sender is known."""
    timed_receive: _TimedReceive = request.scope[_TIMED_RECEIVE]
    timed_receive.use(timed_receive.limits.file)


class _TimedReceive:
    """Receives a body with time limits; raises a `too-slow` problem.

    Received bytes extend the time, up to the longest pause: a sender that stops after many bytes
    gets no more time than one that sent none.
    """

    def __init__(self, receive: Receive, limits: TrafficLimits, length: float) -> None:
        self.receive = receive
        self.limits = limits
        self.unread = length
        self.typed_bytes = 0
        self.use(limits.body)
        self.whole = False

    def use(self, limit: TransferLimit) -> None:
        """Apply these limits from now on."""
        self.limit, self.left_s = limit, limit.max_pause_s

    async def __call__(self) -> Message:
        if self.whole:
            # the body is complete: this waits for the disconnect, without a time limit
            return await self.receive()
        loop = asyncio.get_running_loop()
        started = loop.time()
        try:
            async with asyncio.timeout(max(self.left_s, 0)):
                message = await self.receive()
        except TimeoutError:
            raise Problem(
                "too-slow", "the body arrived too slowly", headers=_CLOSE
            ) from None
        size = len(message.get("body", b""))
        if self.limit is self.limits.body:
            self.typed_bytes += size
        earned_s = size / self.limit.min_bytes_per_s
        self.left_s = min(
            self.left_s - (loop.time() - started) + earned_s, self.limit.max_pause_s
        )
        self.whole = not message.get("more_body", False)
        self.unread = 0 if self.whole else self.unread - size
        return message
