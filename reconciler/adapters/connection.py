"""One HTTP connection to a portal: where it may go, how long it may take, what is tried again.

The door to httpx. `ReadingConnection` cannot send anything but GET: its transport refuses, whatever
the code above it says.
"""

from __future__ import annotations

import datetime
import json
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urlsplit

import httpx
import stamina

from reconciler.adapters.address import Address
from reconciler.adapters.answer_limits import AnswerLimits, answer_too_large
from reconciler.adapters.decompression import decompressed
from reconciler.adapters.response_deadlines import WITHIN_S, EndingTransport
from reconciler.adapters.retry_after import retry_after
from reconciler.documents.published_schemas import validator_for
from reconciler.model.errors import (
    BatchRefused,
    LeaseHeld,
    LeaseLost,
    NotAllowed,
    NotUnderstood,
    OutcomeUnknown,
    PortalUnavailable,
    ReconcilerError,
    Unreachable,
)

stamina.instrumentation.set_on_retry_hooks(
    []
)  # the library would log each attempt as a warning

ATTEMPTS: Final = 5
DEADLINE_S: Final = 30.0
RUN_S: Final = 1800.0
LARGEST_ANSWER: Final = 64 * 1024 * 1024
# Bytes of one row: a customer may look after many services and domains, and none needs this
# much.
LONGEST_LINE: Final = 16 * 1024 * 1024
_LATER: Final = frozenset({429, 502, 503, 504})
_GATEWAY: Final = frozenset({502, 504})
# Who asks us to come again later than this is not waited for.
LONGEST_WAIT_S: Final = 120.0
_REPEAT: Final = "run it again: what was done is not done twice"


@dataclass(slots=True)
class Budget:
    """How many times a whole run may try something again, and how many requests it sent."""

    retries: int = 60
    requests: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def spend(self) -> bool:
        """Whether one more retry is allowed."""
        with self.lock:
            self.retries -= 1
            return self.retries >= 0

    def count(self) -> None:
        """One more request was sent."""
        with self.lock:
            self.requests += 1


class _Again(Exception):
    """A failure after which the same request may be sent again; `after_s`: not earlier."""

    def __init__(self, failure: ReconcilerError, after_s: float | None = None) -> None:
        super().__init__(str(failure))
        self.failure = failure
        self.after_s = after_s


class _GetOnly(httpx.BaseTransport):
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
    """What reading and writing have in common; not made directly."""

    def __init__(
        self, address: Address, transport: httpx.BaseTransport, budget: Budget
    ) -> None:
        self.budget = budget
        self.host = urlsplit(address.url).netloc
        self._client = httpx.Client(
            base_url=f"{address.url.rstrip('/')}/api/v1",
            transport=transport,
            follow_redirects=False,
            timeout=httpx.Timeout(DEADLINE_S, connect=10.0),
            headers={
                "Authorization": f"Bearer {address.token}",
                "Accept-Encoding": "gzip",
                "User-Agent": "reconciler",
            },
        )

    def close(self) -> None:
        """Let go of the sockets."""
        self._client.close()

    def _send(
        self,
        method: str,
        path: str,
        *,
        body: Any = None,
        headers: Mapping[str, str] | None = None,
    ) -> Any:
        """The JSON of a good answer, or the failure that fits the answer."""
        self.budget.count()
        try:
            with self._client.stream(
                method,
                path,
                json=body,
                headers=dict(headers or {}),
                extensions={WITHIN_S: DEADLINE_S},
            ) as response:
                return self._understood(response, _read(response, self.host))
        except _TooLate:
            raise self._lost(method, path, httpx.ReadTimeout("")) from None
        except httpx.TransportError as error:
            raise self._lost(method, path, error) from None

    def _lost(self, method: str, path: str, error: httpx.TransportError) -> Exception:
        """What a failure on the way means; an error's own text is shown only where nothing of
        ours can be in it.
        """
        if isinstance(error, httpx.ConnectError):
            return _Again(Unreachable(f"{self.host} is not reachable: {error}"))
        if isinstance(error, httpx.ConnectTimeout):
            return _Again(Unreachable(f"{self.host} did not answer in time"))
        what = f"{method} {path} to {self.host} got no answer: {type(error).__name__}"
        if method == "GET":
            return _Again(Unreachable(what))
        return _Again(OutcomeUnknown(what, _REPEAT))

    def _understood(self, response: httpx.Response, content: bytes) -> Any:
        if response.status_code in _LATER:
            raise _Again(self._later(response), retry_after(response))
        if response.is_success:
            return _json(content, self.host) if content else None
        raise _failure(response, _problem(content), self.host)

    def _later(self, response: httpx.Response) -> ReconcilerError:
        what = f"{self.host} answered {response.status_code}"
        if response.status_code in _GATEWAY and response.request.method != "GET":
            return OutcomeUnknown(
                f"{what}: something between us and the portal lost its answer", _REPEAT
            )
        after = retry_after(response)
        return PortalUnavailable(
            what, f"try again in {after:.0f} s" if after else "try again later"
        )

    def _retried(self, send: Callable[[], Any]) -> Any:
        """Send, and send again where that is safe, with jitter, within the run's budget."""

        lost: list[OutcomeUnknown] = []

        def wait(error: Exception) -> bool | datetime.timedelta:
            if isinstance(error, _Again) and isinstance(error.failure, OutcomeUnknown):
                lost.append(error.failure)
            if (
                not isinstance(error, _Again)
                or (error.after_s or 0) > LONGEST_WAIT_S
                or not self.budget.spend()
            ):
                return False
            return (
                datetime.timedelta(seconds=error.after_s)
                if error.after_s is not None
                else True
            )

        try:
            for attempt in stamina.retry_context(
                on=wait, attempts=ATTEMPTS, timeout=None, wait_initial=0.1, wait_max=5
            ):
                with attempt:
                    return send()
        except _Again as error:
            raise (lost[0] if lost else error.failure) from None
        raise AssertionError("a retry ends with an answer or a failure")


class ReadingConnection(Connection):
    """A connection that can only ask."""

    def __init__(self, address: Address, budget: Budget | None = None) -> None:
        super().__init__(address, _GetOnly(EndingTransport(DEADLINE_S)), budget or Budget())

    def get(self, path: str) -> Any:
        """The JSON at a path."""
        return self._retried(lambda: self._send("GET", path))

    @contextmanager
    def lines(self, path: str, limits: AnswerLimits) -> Iterator[Iterator[bytes]]:
        """The lines of an NDJSON answer as they arrive; what breaks on the way is `Unreachable`."""

        def begin() -> httpx.Response:
            self.budget.count()
            try:
                request = self._client.build_request(
                    "GET", path, extensions={WITHIN_S: RUN_S}
                )
                response = self._client.send(request, stream=True)
            except httpx.TransportError as error:
                raise self._lost("GET", path, error) from None
            if not response.is_success:
                try:
                    self._understood(response, _read(response, self.host))
                finally:
                    response.close()
            return response

        response = self._retried(begin)
        try:
            yield _lines(response, limits.bytes, self.host)
        except (httpx.TransportError, _TooLate) as error:
            raise Unreachable(
                f"the answer of {self.host} broke off: {type(error).__name__}"
            ) from None
        finally:
            response.close()


class WritingConnection(Connection):
    """A connection that can write; only applying holds one."""

    def __init__(self, address: Address, budget: Budget | None = None) -> None:
        super().__init__(address, EndingTransport(DEADLINE_S), budget or Budget())

    def write(self, method: str, path: str, body: Any, headers: Mapping[str, str]) -> Any:
        """The JSON of the answer; sent again after a lost answer, so it must be safe to repeat."""
        return self._retried(lambda: self._send(method, path, body=body, headers=headers))

    def write_once(self, method: str, path: str, body: Any) -> Any:
        """The JSON of the answer; sent once."""
        try:
            return self._send(method, path, body=body)
        except _Again as error:
            raise error.failure from None


class _TooLate(Exception):
    """An answer went on arriving, and did not end in time."""


def _parts_of(
    response: httpx.Response, most: int, within_s: float, host: str, flag: str | None = None
) -> Iterator[bytes]:
    """Yield the answer as it arrives: at most `most` bytes, and for at most `within_s` seconds.

    Both the bytes on the line and the decompressed bytes count. `flag` is the option that
    raises `most`.
    """
    size, end = 0, time.monotonic() + within_s
    coding = response.headers.get("content-encoding", "identity")
    for part in decompressed(response.iter_raw(), coding, host):
        size += len(part)
        if max(size, response.num_bytes_downloaded) > most:
            raise answer_too_large(host, most, "bytes", flag)
        if time.monotonic() > end:
            raise _TooLate
        yield part


def _read(response: httpx.Response, host: str) -> bytes:
    return b"".join(_parts_of(response, LARGEST_ANSWER, DEADLINE_S, host))


def _lines(response: httpx.Response, most: int, host: str) -> Iterator[bytes]:
    begun: list[bytes] = []
    size = 0
    for part in _parts_of(response, most, RUN_S, host, "--max-answer-bytes"):
        *whole, rest = part.split(b"\n")
        for line in whole:
            yield b"".join([*begun, line, b"\n"])
            begun, size = [], 0
        begun.append(rest)
        size += len(rest)
        if size > LONGEST_LINE:
            raise NotUnderstood(f"{host} sent a line of more than {LONGEST_LINE:,} bytes")
    if size:
        yield b"".join(begun)


def _json(content: bytes, host: str) -> Any:
    try:
        return json.loads(content)
    except (ValueError, RecursionError):
        raise NotUnderstood(f"the answer of {host} is not JSON") from None


def _problem(content: bytes) -> dict[str, Any]:
    """The problem document of an answer; empty when it is none, so that the status alone speaks."""
    try:
        document = json.loads(content)
    except (ValueError, RecursionError):
        return {}
    return document if validator_for("problem")(document) is None else {}


def _failure(
    response: httpx.Response, problem: Mapping[str, Any], host: str
) -> ReconcilerError:
    """The failure that a problem of the portal is to us."""
    status, type = response.status_code, str(problem.get("type", ""))
    detail = str(problem.get("detail", f"{host} answered {status}"))
    if status in {401, 403}:
        scope = "this needs a token of a larger scope, or for this owner"
        return NotAllowed(detail, "check the token" if status == 401 else scope)
    if type == "lease-held" or (status == 409 and "holder" in problem):
        left = problem.get("expires_in_s")
        return LeaseHeld(
            detail,
            str(problem.get("holder", "?")),
            str(problem.get("run", "?")),
            float(left) if isinstance(left, int | float) else 0.0,
        )
    if type == "lease-fenced":
        return LeaseLost(detail, "run it again")
    if response.is_redirect:
        return NotUnderstood(
            f"{host} answered {status}: it redirects elsewhere, and we do not follow",
            "check the portal's URL",
        )
    if not type and status >= 500:
        return PortalUnavailable(
            f"{host} answered {status}: it has a problem of its own", "run it again"
        )
    if not type:
        return NotUnderstood(
            f"{host} answered {status} and no problem document", "check the portal's URL"
        )
    if status < 500 and response.request.method == "GET":
        return NotUnderstood(
            f"{host} answered {status}: {detail}", "check the portal's URL"
        )
    if status >= 500:
        return PortalUnavailable(
            f"{host} has a problem of its own: {detail} (trace {problem.get('trace', '?')})"
        )
    return BatchRefused(detail, type, status=status)
