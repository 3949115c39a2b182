"""Budgets: how much of something scarce all callers together, and one caller alone, may have at the same time."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from reconciler.portal.rules.problems import Problem

COME_AGAIN_S: Final = 5
"""The `Retry-After` of an answer that there is no room for now."""


class Budget:
    """Units that callers take and give back; beyond either number, an `unavailable` problem with Retry-After."""

    def __init__(self, most: int, most_of_one: int, full: str) -> None:
        self._most, self._most_of_one, self._full = most, most_of_one, full
        self._used: Counter[str] = Counter()
        self._lock = threading.Lock()

    @property
    def used(self) -> int:
        """Units in use, by all callers."""
        return self._used.total()

    def take(self, caller: str, units: int) -> None:
        """Take units for a caller; the problem says `full` when there are not so many left."""
        with self._lock:
            room = min(self._most - self._used.total(), self._most_of_one - self._used[caller])
            if units > room:
                raise Problem("unavailable", self._full, headers={"Retry-After": str(COME_AGAIN_S)})
            self._used[caller] += units

    def give_back(self, caller: str, units: int) -> None:
        """Give units of a caller back."""
        with self._lock:
            self._used[caller] -= units
            self._used += Counter()  # forgets callers that have none

    @contextmanager
    def taken(self, caller: str) -> Iterator[None]:
        """One unit for this caller while the block runs."""
        self.take(caller, 1)
        try:
            yield
        finally:
            self.give_back(caller, 1)
