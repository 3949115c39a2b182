"""Requests and their results as values without secrets, for a person who looks for a fault."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from typing import Final

import httpx

from reconciler.adapters.budget import Exchange

# A list of what may be shown: a header that is not known here may hold a secret.
_HEADERS: Final = (
    "accept-encoding",
    "cache-control",
    "content-encoding",
    "content-length",
    "content-type",
    "date",
    "etag",
    "idempotency-key",
    "if-match",
    "location",
    "retry-after",
    "server",
    "user-agent",
    "via",
    "x-request-id",
    "x-trace-id",
)
# The id of a lease is a secret: it is enough to end the lease.
_LEASE: Final = re.compile(r"(?<=/leases/)[^/?]+")


def exchange_of(
    request: httpx.Request, result: httpx.Response | httpx.TransportError, began: float
) -> Exchange:
    """Return a request that was sent at `began` (of the monotonic clock), and its result."""
    # Not the text of an error: it may quote the request, and with it the token.
    text, headers = type(result).__name__, {}
    if isinstance(result, httpx.Response):
        text, headers = str(result.status_code), _public_headers(result.headers)
    return Exchange(
        request.method,
        _LEASE.sub("…", str(request.url)),
        text,
        time.monotonic() - began,
        _public_headers(request.headers),
        headers,
    )


def _public_headers(headers: Mapping[str, str]) -> dict[str, str]:
    return {name: headers[name] for name in _HEADERS if name in headers}
