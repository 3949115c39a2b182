"""One HTTP connection to a portal: its deadlines, and which requests are sent again.

`ReadingConnection` cannot send anything but GET: its transport refuses every other method, whatever
the calling code asks for.
"""

from __future__ import annotations

import datetime
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urlsplit

import httpx
import stamina

from reconciler.adapters.address import Address
from reconciler.adapters.answer_limits import AnswerLimits
from reconciler.adapters.response_deadlines import BODY_TIMEOUT_S, DeadlineTransport
from reconciler.adapters.response_reading import (
    ResponseTooSlow,
    parse_json,
    parse_problem,
    read_body,
    read_lines,
    response_error,
)
from reconciler.adapters.retry_after import retry_after
from reconciler.model.errors import (
    OutcomeUnknown,
    PortalUnavailable,
    ReconcilerError,
    Unreachable,
)

# stamina would log each retry as a warning
stamina.instrumentation.set_on_retry_hooks([])

MAX_ATTEMPTS: Final = 5
# From the last byte of a request to the first of its response, and to the end of a small body.
DEADLINE_S: Final = 30.0
# From the first to the last byte of a snapshot.
SNAPSHOT_DEADLINE_S: Final = 1800.0
# A run in a pipeline does not wait longer than this because of `Retry-After`.
MAX_RETRY_AFTER_S: Final = 120.0
_RETRYABLE_STATUSES: Final = frozenset({429, 502, 503, 504})
_REPEAT: Final = "run it again: changes that were applied are not applied twice"


@dataclass(slots=True)
class Budget:
    """The number of retries that a run may still make, and of requests that it sent."""

    retries: int = 60
    requests: int = 0
    # groups are sent from several threads
    lock: threading.Lock = field(default_factory=threading.Lock)

    def spend_retry(self) -> bool:
        """Count one more retry; return whether it is allowed."""
        with self.lock:
            self.retries -= 1
            return self.retries >= 0

    def count_request(self) -> None:
        """Count one more request."""
        with self.lock:
            self.requests += 1


class _Retryable(Exception):
    """A failure after which the same request may be sent again, after `after_s` seconds or more."""

    def __init__(self, failure: ReconcilerError, after_s: float | None = None) -> None:
        super().__init__(str(failure))
        self.failure = failure
        self.after_s = after_s


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
            base_url=f"{address.url.rstrip('/')}/api/v1",
            # with an explicit transport, httpx ignores proxies in the environment
            transport=transport,
            # a redirect could send the token to another host
            follow_redirects=False,
            timeout=httpx.Timeout(DEADLINE_S, connect=10.0),
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
        *,
        body: Any = None,
        headers: Mapping[str, str] | None = None,
    ) -> Any:
        """Return the JSON of a successful response; else raise its error."""
        self.budget.count_request()
        try:
            # `request` would read and decompress the body without a limit
            with self._client.stream(
                method,
                path,
                json=body,
                headers=dict(headers or {}),
                extensions={BODY_TIMEOUT_S: DEADLINE_S},
            ) as response:
                return self._parse_response(
                    response, read_body(response, self.host, DEADLINE_S)
                )
        except ResponseTooSlow:
            raise self._transport_failure(method, path, httpx.ReadTimeout("")) from None
        except httpx.TransportError as error:
            raise self._transport_failure(method, path, error) from None

    def _transport_failure(
        self, method: str, path: str, error: httpx.TransportError
    ) -> _Retryable:
        """Return the failure that an error on the way means.

        A request that was never sent is `Unreachable`. A write whose response was lost has an
        unknown outcome.
        """
        # Only the text of this error is shown. Others may quote the request, and with it the token.
        if isinstance(error, httpx.ConnectError):
            return _Retryable(Unreachable(f"{self.host} is not reachable: {error}"))
        if isinstance(error, httpx.ConnectTimeout):
            return _Retryable(Unreachable(f"{self.host} did not answer in time"))
        text = f"{method} {path} to {self.host} got no answer: {type(error).__name__}"
        if method == "GET":
            return _Retryable(Unreachable(text))
        return _Retryable(OutcomeUnknown(text, _REPEAT))

    def _parse_response(self, response: httpx.Response, content: bytes) -> Any:
        if response.is_success:
            return parse_json(content, self.host) if content else None
        if response.status_code >= 500 and response.request.method != "GET":
            # The server may have committed before it failed, or a proxy lost its answer.
            failure = response_error(response, parse_problem(content), self.host)
            unknown = OutcomeUnknown(failure.message, _REPEAT)
            raise _Retryable(unknown, retry_after(response))
        if response.status_code in _RETRYABLE_STATUSES:
            raise _Retryable(self._temporary_failure(response), retry_after(response))
        raise response_error(response, parse_problem(content), self.host)

    def _temporary_failure(self, response: httpx.Response) -> ReconcilerError:
        text = f"{self.host} answered {response.status_code}"
        after_s = retry_after(response)
        return PortalUnavailable(
            text, f"try again in {after_s:.0f} s" if after_s else "try again later"
        )

    def _send_with_retries(self, send: Callable[[], Any]) -> Any:
        """Return the result of `send`, repeated with jitter within the run's budget."""
        unknown_outcomes: list[OutcomeUnknown] = []

        # stamina calls this after each failure: False ends the retries, True waits with jitter, and
        # a time span is the wait that the portal asked for
        def retry_delay(error: Exception) -> bool | datetime.timedelta:
            if not isinstance(error, _Retryable):
                return False
            if isinstance(error.failure, OutcomeUnknown):
                unknown_outcomes.append(error.failure)
            if (error.after_s or 0) > MAX_RETRY_AFTER_S or not self.budget.spend_retry():
                return False
            return (
                True if error.after_s is None else datetime.timedelta(seconds=error.after_s)
            )

        try:
            for attempt in stamina.retry_context(
                on=retry_delay,
                attempts=MAX_ATTEMPTS,
                timeout=None,
                wait_initial=0.1,
                wait_max=5,
            ):
                with attempt:
                    return send()
        except _Retryable as error:
            # Once a write's outcome is unknown, a later failure to connect does not settle it.
            raise (unknown_outcomes[0] if unknown_outcomes else error.failure) from None
        raise AssertionError("a retry ends with a result or a failure")


class ReadingConnection(Connection):
    """A connection that can only send GET."""

    def __init__(self, address: Address, budget: Budget | None = None) -> None:
        transport = _GetOnlyTransport(DeadlineTransport(DEADLINE_S))
        super().__init__(address, transport, budget or Budget())

    def get(self, path: str) -> Any:
        """Return the JSON at a path."""
        return self._send_with_retries(lambda: self._send("GET", path))

    @contextmanager
    def stream_lines(self, path: str, limits: AnswerLimits) -> Iterator[Iterator[bytes]]:
        """Yield the lines of an NDJSON response as they arrive.

        Errors: `Unreachable` if the response breaks off.
        """
        # only the beginning is tried again: lines that were yielded cannot be taken back
        response = self._send_with_retries(lambda: self._begin_response(path))
        try:
            yield read_lines(response, self.host, limits.bytes, SNAPSHOT_DEADLINE_S)
        except (httpx.TransportError, ResponseTooSlow) as error:
            raise Unreachable(
                f"the answer of {self.host} broke off: {type(error).__name__}"
            ) from None
        finally:
            response.close()

    def _begin_response(self, path: str) -> httpx.Response:
        """Return a successful response whose body is still to be read."""
        self.budget.count_request()
        try:
            request = self._client.build_request(
                "GET", path, extensions={BODY_TIMEOUT_S: SNAPSHOT_DEADLINE_S}
            )
            response = self._client.send(request, stream=True)
        except httpx.TransportError as error:
            raise self._transport_failure("GET", path, error) from None
        if not response.is_success:
            # an unsuccessful response is short; it has the deadline of other requests
            try:
                self._parse_response(response, read_body(response, self.host, DEADLINE_S))
            finally:
                response.close()
        return response


class WritingConnection(Connection):
    """A connection that can write; only `apply` creates one."""

    def __init__(self, address: Address, budget: Budget | None = None) -> None:
        super().__init__(address, DeadlineTransport(DEADLINE_S), budget or Budget())

    def write(self, method: str, path: str, body: Any, headers: Mapping[str, str]) -> Any:
        """Return the JSON of the response; retries can send an idempotent request several times."""
        return self._send_with_retries(
            lambda: self._send(method, path, body=body, headers=headers)
        )
