"""The bodies of requests in memory: how long one may be, and how many bytes of all of them wait in one process.

The limit follows from the sender and the operation. The first `SMALL` bytes of every body are free, so that a small
request gets through whatever large ones wait. All further bytes share a budget, of which one caller gets a part.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from anyio import CapacityLimiter
from fastapi import Request
from starlette.types import Scope

from reconciler.portal.rules.principals import Principal
from reconciler.portal.rules.problems import Problem
from reconciler.portal.web.budgets import Budget

SMALL: Final = 16 * 1024
"""Bytes of a body whose sender is not known to the portal."""
BODY_LIMIT: Final = 1024 * 1024
BATCH_LIMIT: Final = 16 * 1024 * 1024
LIMITS: Final[Mapping[str, int]] = {"batches.write": BATCH_LIMIT}
"""Bytes of a body by operation; the policy grants this one to tokens of scope `apply` and `admin` only."""
WAITING: Final = 48 * 1024 * 1024
"""Bytes beyond `SMALL` of all bodies of a process; with 16 KiB of each of 400 connections less than 64 MiB."""
WAITING_OF_ONE: Final = 32 * 1024 * 1024
"""Of these the bytes of one caller."""

_HELD: Final = "portal.held"


class Bodies:
    """The budget of a process, and the one thread at a time that parses a large body."""

    def __init__(self, waiting: int = WAITING, of_one: int = WAITING_OF_ONE) -> None:
        self.parser = CapacityLimiter(1)
        self.budget = Budget(waiting, of_one, "too many large bodies wait: ask again")

    @property
    def waiting(self) -> int:
        """Bytes of the budget that are in use."""
        return self.budget.used


class Held:
    """The bytes of one request's body that wait in memory, until the block ends."""

    def __init__(self, bodies: Bodies, principal: Principal | None, operation: str) -> None:
        self.limit = LIMITS.get(operation, BODY_LIMIT) if principal else SMALL
        self._caller = (principal.person or principal.id) if principal else ""
        self._budget = bodies.budget
        self._size = self._taken = 0

    def __enter__(self) -> Held:
        return self

    def __exit__(self, *_: object) -> None:
        if self._taken:
            self._budget.give_back(self._caller, self._taken)

    def expect(self, length: int) -> None:
        """Room for a body of this length before a byte of it is read; a problem when it is too long or there is none."""
        if length > self.limit:
            raise Problem("too-large", f"the body has {length:,} bytes; the limit is {self.limit:,}")
        self._make_room(length)

    def add(self, size: int) -> None:
        """So many bytes came and are kept."""
        self._size += size
        if self._size > self.limit:
            raise Problem("too-large", f"the body has more than {self.limit:,} bytes")
        self._make_room(self._size)

    def _make_room(self, length: int) -> None:
        more = length - SMALL - self._taken
        if more > 0:
            self._budget.take(self._caller, more)
            self._taken += more


def hold(scope: Scope, held: Held) -> None:
    """Let `held` count what the request keeps of its body."""
    scope[_HELD] = held


def held_by(request: Request) -> Held:
    """The count of what the request keeps of its body; code that keeps bytes adds them here."""
    held: Held = request.scope[_HELD]
    return held
