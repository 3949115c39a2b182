"""Places: how many at once may do what keeps something of the portal for long, in all and of one caller."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from reconciler.portal.api.edge import COME_AGAIN_S
from reconciler.portal.rules.problems import Problem


class Places:
    """So many places, and so many for one caller; beyond, an `unavailable` problem with Retry-After."""

    def __init__(self, most: int, most_of_one: int) -> None:
        self._most, self._most_of_one = most, most_of_one
        self._taken: Counter[str] = Counter()
        self._lock = threading.Lock()

    @contextmanager
    def taken(self, caller: str) -> Iterator[None]:
        """A place for this caller while the block runs."""
        with self._lock:
            if self._taken.total() >= self._most or self._taken[caller] >= self._most_of_one:
                detail = f"at most {self._most} at once, {self._most_of_one} of one caller: ask again"
                raise Problem("unavailable", detail, headers={"Retry-After": str(COME_AGAIN_S)})
            self._taken[caller] += 1
        try:
            yield
        finally:
            with self._lock:
                self._taken[caller] -= 1
                self._taken += Counter()  # forgets callers without a place
