"""A deadline for each part of a response: bytes that arrive do not extend it.

The HTTP library limits single reads only. A portal that sends early hints, header lines or trailer
lines one by one, each in time, would keep the program reading forever.
"""

from __future__ import annotations

import ssl
import time
from collections.abc import Iterable
from typing import Any, Final

import httpcore
import httpx

# The key of a request's extension: the seconds from the head of its response to the end of its
# body.
BODY_TIMEOUT_S: Final = "body_timeout_s"


class DeadlineTransport(httpx.HTTPTransport):
    """Sends requests whose responses have a deadline for the head, and one for the body.

    The body's seconds are in the request's extension `BODY_TIMEOUT_S`.
    """

    def __init__(self, head_timeout_s: float) -> None:
        super().__init__()
        # httpx has no parameter for httpcore's network backend; if an update renames this
        # attribute, tests/adapters/test_answers_in_parts.py fails
        self._pool._network_backend = _Backend(head_timeout_s)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        response = super().handle_request(request)
        stream = response.extensions["network_stream"]
        # a response that switches protocols has another stream, and no body
        if isinstance(stream, _Stream):
            stream.set_deadline(request.extensions[BODY_TIMEOUT_S])
        return response


class _Backend(httpcore.SyncBackend):
    """Opens connections whose reads have a deadline."""

    def __init__(self, head_timeout_s: float) -> None:
        self._head_timeout_s = head_timeout_s

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        stream = super().connect_tcp(host, port, timeout, local_address, socket_options)
        return _Stream(stream, self._head_timeout_s)


class _Stream(httpcore.NetworkStream):
    """A connection whose reads have a deadline, counted from the last byte that was sent."""

    def __init__(self, inner: httpcore.NetworkStream, head_timeout_s: float) -> None:
        self._inner = inner
        self._head_timeout_s = head_timeout_s
        self.set_deadline(head_timeout_s)

    def set_deadline(self, seconds: float) -> None:
        """Allow reads for so many seconds from now on."""
        self._deadline = time.monotonic() + seconds

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        remaining_s = self._deadline - time.monotonic()
        if remaining_s <= 0:
            raise httpcore.ReadTimeout("the response did not end in time")
        return self._inner.read(
            max_bytes, remaining_s if timeout is None else min(timeout, remaining_s)
        )

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._inner.write(buffer, timeout)
        # a kept-alive connection carries several requests, and each has a deadline of its own
        self.set_deadline(self._head_timeout_s)

    def close(self) -> None:
        self._inner.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.NetworkStream:
        # httpcore reads from the stream that this returns: without a wrapper, no deadline under TLS
        inner = self._inner.start_tls(ssl_context, server_hostname, timeout)
        return _Stream(inner, self._head_timeout_s)

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)
