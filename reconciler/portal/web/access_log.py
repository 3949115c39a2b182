"""The outermost layer: each request gets a trace, a line in the log, and a place in the metrics.

The line contains the route's pattern, never the path: a path may hold ids of people or the secret
of a mailed link, and a query may hold an address.
"""

from __future__ import annotations

import asyncio
import logging
import time
from typing import Any, Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from reconciler.portal.web.metrics import Metrics
from reconciler.portal.web.responses import TRACE, new_trace

LOG: Final = logging.getLogger("portal")
METHODS: Final = frozenset(
    {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT"}
)
# The route of a request that matched none.
NO_ROUTE: Final = "none"
CLIENT_CLOSED: Final = 499
BUG: Final = 500


class AccessLog:
    """The ASGI layer."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self.app = app
        self.metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        trace, started, status = new_trace(), time.perf_counter(), CLIENT_CLOSED
        TRACE.set(trace)

        async def send_and_observe(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self.app(scope, receive, send_and_observe)
        except asyncio.CancelledError:
            LOG.warning("cut", extra={"route": route_pattern(scope), "trace": trace})
            raise
        except BaseException:
            status = BUG if status == CLIENT_CLOSED else status
            raise
        finally:
            self._record(scope, status, time.perf_counter() - started, trace)

    def _record(self, scope: Scope, status: int, seconds: float, trace: str) -> None:
        method = scope["method"] if scope["method"] in METHODS else "other"
        route = route_pattern(scope)
        self.metrics.record(method, route, status, seconds)
        LOG.info(
            "request",
            extra={
                "method": method,
                "route": route,
                "status": status,
                "ms": round(seconds * 1000, 1),
                "trace": trace,
            },
        )


def route_pattern(scope: Any) -> str:
    """Return the pattern of the route that answered, such as `/api/v1/contacts/{id}`."""
    route = scope.get("route")
    return NO_ROUTE if route is None else str(route.path)
