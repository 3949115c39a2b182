"""The requests that are sent again: how often, and for how long."""

from __future__ import annotations

import datetime
import time
from collections.abc import Callable
from typing import Any, Final

import stamina

from reconciler.adapters.budget import Budget
from reconciler.model.errors import OutcomeUnknown, ReconcilerError

# stamina would log each retry as a warning
stamina.instrumentation.set_on_retry_hooks([])

MAX_ATTEMPTS: Final = 5
# A run in a pipeline does not wait longer than this because of `Retry-After`.
MAX_RETRY_AFTER_S: Final = 120.0


class Retryable(Exception):
    """A failure after which the same request may be sent again, after `after_s` seconds or more.

    `is_answer`: the portal answered, if only to say that it cannot serve the request now.
    """

    def __init__(
        self,
        failure: ReconcilerError,
        after_s: float | None = None,
        *,
        is_answer: bool = False,
    ) -> None:
        super().__init__(str(failure))
        self.failure = failure
        self.after_s = after_s
        self.is_answer = is_answer


class _Patience:
    """The seconds that an answer may take.

    Reads share them over all attempts. Each attempt of a write has them anew: only an answer says
    whether an earlier attempt was carried out.
    """

    def __init__(self, timeout_s: float, *, is_shared: bool) -> None:
        self._timeout_s, self._is_shared = timeout_s, is_shared
        self.renew()

    def renew(self) -> None:
        """Begin anew, because the portal answered."""
        self._end = time.monotonic() + self._timeout_s

    @property
    def seconds(self) -> float:
        """The seconds for the next attempt; never zero, which would mean no limit."""
        return max(0.1, self._remaining_s) if self._is_shared else self._timeout_s

    @property
    def is_over(self) -> bool:
        """True when another attempt would have next to no time."""
        return self._is_shared and self._remaining_s < self._timeout_s / 20

    @property
    def _remaining_s(self) -> float:
        return self._end - time.monotonic()


def send_with_retries(
    budget: Budget, host: str, method: str, send: Callable[[float], Any]
) -> Any:
    """Return the result of `send`, repeated with jitter within the run's budget.

    `send` gets the seconds that an answer may take.
    """
    unknown_outcomes: list[OutcomeUnknown] = []
    patience = _Patience(budget.timeout_s, is_shared=method == "GET")

    # stamina calls this after each failure: False ends the retries, True waits with jitter, and a
    # time span is the wait that the portal asked for
    def retry_delay(error: Exception) -> bool | datetime.timedelta:
        if not isinstance(error, Retryable):
            return False
        if isinstance(error.failure, OutcomeUnknown):
            unknown_outcomes.append(error.failure)
        if error.is_answer:
            patience.renew()
        is_too_late = patience.is_over or (error.after_s or 0) > MAX_RETRY_AFTER_S
        if is_too_late or not budget.spend_retry():
            return False
        budget.listener.retry(f"{error.failure.message}; trying again")
        return True if error.after_s is None else datetime.timedelta(seconds=error.after_s)

    try:
        with budget.listener.wait(
            f"waiting for {host}; giving up after {budget.timeout_s:g} s"
        ):
            for attempt in stamina.retry_context(
                on=retry_delay,
                attempts=MAX_ATTEMPTS,
                timeout=None,
                wait_initial=0.1,
                wait_max=5,
            ):
                with attempt:
                    return send(patience.seconds)
    except Retryable as error:
        # Once a write's outcome is unknown, a later failure to connect does not settle it.
        raise (unknown_outcomes[0] if unknown_outcomes else error.failure) from None
    raise AssertionError("a retry ends with a result or a failure")
