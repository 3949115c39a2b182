"""The allowance of a run for its requests, and the listener that hears of them."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from typing import Final, Protocol

# From the last byte of a request to the first of its response, to the end of a small body, and
# until a portal that does not answer is given up.
TIMEOUT_S: Final = 30.0


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request and its result, without secrets and without bodies.

    `result`: the status, or the failure's name when no response came.
    """

    method: str
    url: str
    result: str
    seconds: float
    request_headers: Mapping[str, str] = field(default_factory=dict)
    response_headers: Mapping[str, str] = field(default_factory=dict)


class Listener(Protocol):
    """Hears of requests while they are sent, also from several threads."""

    def wait(self, text: str) -> AbstractContextManager[None]:
        """Hear that the block waits; `text` names what for."""

    def retry(self, text: str) -> None:
        """Hear that the request of this thread is sent again, and why."""

    def count(self, number: int, total: int | None) -> None:
        """Hear how many rows of an answer have arrived; `total` is None where nobody knows."""

    def hear(self, exchange: Exchange) -> None:
        """Hear that a request was answered, or failed."""


class SilentListener:
    """A listener that tells nobody."""

    def wait(self, _text: str) -> AbstractContextManager[None]:
        """Return a context without effect."""
        return nullcontext()

    def retry(self, text: str) -> None:
        """Do nothing."""

    def count(self, number: int, total: int | None) -> None:
        """Do nothing."""

    def hear(self, exchange: Exchange) -> None:
        """Do nothing."""


@dataclass(slots=True)
class Budget:
    """The number of retries that a run may still make, and of requests that it sent.

    `timeout_s`: after so many seconds without an answer, a portal is given up.
    """

    retries: int = 60
    requests: int = 0
    timeout_s: float = TIMEOUT_S
    listener: Listener = field(default_factory=SilentListener)
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
