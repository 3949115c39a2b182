"""Budgets: how much of a scarce resource all callers together, and each caller, may use at once."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from reconciler.portal.rules.problems import Problem

# The `Retry-After` of an answer that there is no room at present.
RETRY_AFTER_S: Final = 5


class Budget:
    """Units that callers take and give back; an `unavailable` problem beyond either limit."""

    def __init__(self, limit: int, limit_per_caller: int, full_message: str) -> None:
        self._limit = limit
        self._limit_per_caller = limit_per_caller
        self._full_message = full_message
        self._in_use: Counter[str] = Counter()
        self._lock = threading.Lock()

    @property
    def in_use(self) -> int:
        """The units in use by all callers."""
        return self._in_use.total()

    def acquire(self, caller: str, units: int) -> None:
        """Take units for a caller; a problem with `full_message` if there are not enough left."""
        with self._lock:
            room = min(
                self._limit - self._in_use.total(),
                self._limit_per_caller - self._in_use[caller],
            )
            if units > room:
                raise Problem(
                    "unavailable",
                    self._full_message,
                    headers={"Retry-After": str(RETRY_AFTER_S)},
                )
            self._in_use[caller] += units

    def release(self, caller: str, units: int) -> None:
        """Give back units of a caller."""
        with self._lock:
            self._in_use[caller] -= units
            self._in_use += Counter()  # drops callers without units

    @contextmanager
    def hold(self, caller: str) -> Iterator[None]:
        """Hold one unit for this caller while the block runs."""
        self.acquire(caller, 1)
        try:
            yield
        finally:
            self.release(caller, 1)
