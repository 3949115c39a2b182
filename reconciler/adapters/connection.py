"""One HTTP connection to a portal: its deadlines, and which requests are sent again.

`ReadingConnection` cannot send anything but GET: its transport refuses every other method, whatever
the calling code asks for.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final
from urllib.parse import urlsplit

import httpx

from reconciler.adapters.address import Address
from reconciler.adapters.answer_limits import AnswerLimits
from reconciler.adapters.budget import Budget
from reconciler.adapters.exchanges import exchange_of
from reconciler.adapters.response_deadlines import BODY_TIMEOUT_S, DeadlineTransport
from reconciler.adapters.response_reading import (
    ResponseTooSlow,
    parse_json,
    parse_problem,
    read_body,
    read_lines,
    response_error,
)
from reconciler.adapters.retries import Retryable, send_with_retries
from reconciler.adapters.retry_after import retry_after
from reconciler.model.errors import (
    OutcomeUnknown,
    PortalUnavailable,
    ReconcilerError,
    Unreachable,
)
from reconciler.model.formats import API_VERSION

# From the first to the last byte of a snapshot.
SNAPSHOT_DEADLINE_S: Final = 1800.0
_RETRYABLE_STATUSES: Final = frozenset({429, 502, 503, 504})
_API: Final = f"/api/{API_VERSION}"
_PATIENCE: Final = "check the portal's URL, or wait longer with --timeout SECONDS"
_REPEAT: Final = "run it again: changes that were applied are not applied twice"


class _GetOnlyTransport(httpx.BaseTransport):
    """Refuses every method but GET: planning has no way to write, not even by mistake."""

    def __init__(self, inner: httpx.BaseTransport) -> None:
        self.inner = inner

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        if request.method != "GET":
            raise AssertionError(f"a reading connection was asked to send {request.method}")
        return self.inner.handle_request(request)

    def close(self) -> None:
        self.inner.close()


class Connection:
    """The common part of `ReadingConnection` and `WritingConnection`; not created directly."""

    def __init__(
        self, address: Address, transport: httpx.BaseTransport, budget: Budget
    ) -> None:
        self.budget = budget
        self.host = urlsplit(address.url).netloc
        self._client = httpx.Client(
            base_url=f"{address.url.rstrip('/')}{_API}",
            # with an explicit transport, httpx ignores proxies in the environment
            transport=transport,
            # a redirect could send the token to another host
            follow_redirects=False,
            timeout=budget.timeout_s,
            headers={
                "Authorization": f"Bearer {address.token}",
                # httpx would also offer encodings that `decompression` cannot limit
                "Accept-Encoding": "gzip",
                "User-Agent": "reconciler",
            },
        )

    def close(self) -> None:
        """Close the sockets."""
        self._client.close()

    def _send(
        self,
        method: str,
        path: str,
        timeout_s: float,
        *,
        body: Any = None,
        headers: Mapping[str, str] | None = None,
    ) -> Any:
        """Return the JSON of a successful response; else raise its error."""
        request = self._client.build_request(
            method,
            path,
            json=body,
            headers=dict(headers or {}),
            timeout=timeout_s,
            extensions={BODY_TIMEOUT_S: self.budget.timeout_s},
        )
        response = self._begin_response(request)
        try:
            # httpx would read and decompress the body without a limit
            content = read_body(response, self.host, self.budget.timeout_s)
            return self._parse_response(response, content)
        except ResponseTooSlow:
            raise self._transport_failure(request, httpx.ReadTimeout("")) from None
        except httpx.TransportError as error:
            raise self._transport_failure(request, error) from None
        finally:
            response.close()

    def _begin_response(self, request: httpx.Request) -> httpx.Response:
        """Send the request and return its response, whose body is still to be read."""
        self.budget.count_request()
        began = time.monotonic()
        try:
            response = self._client.send(request, stream=True)
        except httpx.TransportError as error:
            self.budget.listener.hear(exchange_of(request, error, began))
            raise self._transport_failure(request, error) from None
        self.budget.listener.hear(exchange_of(request, response, began))
        return response

    def _transport_failure(
        self, request: httpx.Request, error: httpx.TransportError
    ) -> Retryable:
        """Return the failure that an error on the way means.

        A request that was never sent is `Unreachable`. A write whose response was lost has an
        unknown outcome.
        """
        # Only the text of this error is shown. Others may quote the request, and with it the token.
        if isinstance(error, httpx.ConnectError):
            return Retryable(Unreachable(f"{self.host} is not reachable: {error}"))
        is_slow = isinstance(error, httpx.TimeoutException)
        if isinstance(error, httpx.ConnectTimeout) or (is_slow and request.method == "GET"):
            text = f"{self.host} did not answer within {self.budget.timeout_s:g} s"
            return Retryable(Unreachable(text, _PATIENCE))
        text = (
            f"{request.method} {request.url.path.rpartition(_API)[2]} to {self.host} got no "
            f"answer: {type(error).__name__}"
        )
        if request.method == "GET":
            return Retryable(Unreachable(text))
        return Retryable(OutcomeUnknown(text, _REPEAT))

    def _parse_response(self, response: httpx.Response, content: bytes) -> Any:
        if response.is_success:
            return parse_json(content, self.host) if content else None
        if response.status_code >= 500 and response.request.method != "GET":
            # The server may have committed before it failed, or a proxy lost its answer.
            failure = response_error(response, parse_problem(content), self.host)
            unknown = OutcomeUnknown(failure.message, _REPEAT)
            raise Retryable(unknown, retry_after(response), is_answer=True)
        if response.status_code in _RETRYABLE_STATUSES:
            failure = self._temporary_failure(response)
            raise Retryable(failure, retry_after(response), is_answer=True)
        raise response_error(response, parse_problem(content), self.host)

    def _temporary_failure(self, response: httpx.Response) -> ReconcilerError:
        text = f"{self.host} answered {response.status_code}"
        after_s = retry_after(response)
        return PortalUnavailable(
            text, f"try again in {after_s:.0f} s" if after_s else "try again later"
        )


class ReadingConnection(Connection):
    """A connection that can only send GET."""

    def __init__(self, address: Address, budget: Budget | None = None) -> None:
        budget = budget or Budget()
        transport = _GetOnlyTransport(DeadlineTransport(budget.timeout_s))
        super().__init__(address, transport, budget)

    def get(self, path: str) -> Any:
        """Return the JSON at a path."""
        return send_with_retries(
            self.budget, self.host, "GET", lambda seconds: self._send("GET", path, seconds)
        )

    @contextmanager
    def stream_lines(self, path: str, limits: AnswerLimits) -> Iterator[Iterator[bytes]]:
        """Yield the lines of an NDJSON response as they arrive.

        Errors: `Unreachable` if the response breaks off.
        """
        # only the beginning is tried again: lines that were yielded cannot be taken back
        response = send_with_retries(
            self.budget, self.host, "GET", lambda seconds: self._begin_stream(path, seconds)
        )
        try:
            yield read_lines(response, self.host, limits.bytes, SNAPSHOT_DEADLINE_S)
        except (httpx.TransportError, ResponseTooSlow) as error:
            raise Unreachable(
                f"the answer of {self.host} broke off: {type(error).__name__}"
            ) from None
        finally:
            response.close()

    def _begin_stream(self, path: str, timeout_s: float) -> httpx.Response:
        """Return a successful response whose body is still to be read."""
        request = self._client.build_request(
            "GET", path, timeout=timeout_s, extensions={BODY_TIMEOUT_S: SNAPSHOT_DEADLINE_S}
        )
        response = self._begin_response(request)
        if not response.is_success:
            # an unsuccessful response is short; it has the deadline of other requests
            try:
                self._parse_response(
                    response, read_body(response, self.host, self.budget.timeout_s)
                )
            finally:
                response.close()
        return response


class WritingConnection(Connection):
    """A connection that can write; only `apply` creates one."""

    def __init__(self, address: Address, budget: Budget | None = None) -> None:
        budget = budget or Budget()
        super().__init__(address, DeadlineTransport(budget.timeout_s), budget)

    def write(self, method: str, path: str, body: Any, headers: Mapping[str, str]) -> Any:
        """Return the JSON of the response; retries can send an idempotent request several times."""
        return send_with_retries(
            self.budget,
            self.host,
            method,
            lambda seconds: self._send(method, path, seconds, body=body, headers=headers),
        )
