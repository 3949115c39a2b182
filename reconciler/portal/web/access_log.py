"""The outermost layer: every request has a trace, a line in the log, and a place in the figures.

The line holds the route's pattern, never the path: a path names people's rows, a link in a mail is a
secret, and a query may hold an address.
"""

from __future__ import annotations

import asyncio
import logging
import time
from typing import Any, Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from reconciler.portal.web.metrics import Figures
from reconciler.portal.web.responses import TRACE, new_trace

LOG: Final = logging.getLogger("portal")
METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT"})
NOWHERE: Final = "none"
"""The route of a request that met none."""
CALLER_GONE: Final = 499
BUG: Final = 500


class Journal:
    """The layer itself."""

    def __init__(self, app: ASGIApp, figures: Figures) -> None:
        self.app = app
        self.figures = figures

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        trace, began, status = new_trace(), time.perf_counter(), CALLER_GONE
        TRACE.set(trace)

        async def noting(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self.app(scope, receive, noting)
        except asyncio.CancelledError:
            LOG.warning("cut", extra={"route": route_pattern(scope), "trace": trace})
            raise
        except BaseException:
            status = BUG if status == CALLER_GONE else status
            raise
        finally:
            self._note(scope, status, time.perf_counter() - began, trace)

    def _note(self, scope: Scope, status: int, seconds: float, trace: str) -> None:
        method = scope["method"] if scope["method"] in METHODS else "other"
        route = route_pattern(scope)
        self.figures.note(method, route, status, seconds)
        LOG.info("request", extra={
            "method": method, "route": route, "status": status, "ms": round(seconds * 1000, 1), "trace": trace,
        })  # fmt: skip


def route_pattern(scope: Any) -> str:
    """The pattern of the route that answered, such as `/api/v1/contacts/{id}`."""
    route = scope.get("route")
    if route is None:
        return NOWHERE
    prefix = "/api/v1"
    pattern = str(route.path)
    inside = scope["path"].startswith(f"{prefix}/") and not pattern.startswith(f"{prefix}/")
    return prefix + pattern if inside else pattern
