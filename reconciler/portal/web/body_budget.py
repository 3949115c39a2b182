"""Request bodies in memory: the size of one body, and the total of all bodies in a process.

The limit depends on the sender and the operation. The first `SMALL` bytes of each body are free, so
that small requests pass however many large ones are pending. All other bytes share a budget, and
each caller has a share of it.
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

# The largest body of an unknown sender, in bytes.
SMALL: Final = 16 * 1024
BODY_LIMIT: Final = 1024 * 1024
BATCH_LIMIT: Final = 16 * 1024 * 1024
# The largest body by operation, in bytes; only scopes `apply` and `admin` may use this one.
LIMITS: Final[Mapping[str, int]] = {"batches.write": BATCH_LIMIT}
# Bytes beyond `SMALL` of all bodies of a process.
TOTAL_BYTES: Final = 48 * 1024 * 1024
# The part of `TOTAL_BYTES` that one caller may use.
BYTES_PER_CALLER: Final = 32 * 1024 * 1024

_ACCOUNT: Final = "portal.held"


class BodyBudget:
    """The budget of a process, and the one thread at a time that parses a large body."""

    def __init__(
        self, limit: int = TOTAL_BYTES, limit_per_caller: int = BYTES_PER_CALLER
    ) -> None:
        self.parser = CapacityLimiter(1)
        self.budget = Budget(
            limit, limit_per_caller, "too many large bodies are pending; try again"
        )

    @property
    def bytes_in_use(self) -> int:
        """The bytes of the budget in use."""
        return self.budget.in_use


class BodyAccount:
    """The bytes of one request's body that are in memory until the block ends."""

    def __init__(
        self, bodies: BodyBudget, principal: Principal | None, operation: str
    ) -> None:
        self.limit = LIMITS.get(operation, BODY_LIMIT) if principal else SMALL
        self._caller = (principal.person or principal.id) if principal else ""
        self._budget = bodies.budget
        self._size = self._bytes_held = 0

    def __enter__(self) -> BodyAccount:
        return self

    def __exit__(self, *_: object) -> None:
        if self._bytes_held:
            self._budget.release(self._caller, self._bytes_held)

    def expect(self, length: int) -> None:
        """Reserve room for a body of this length before it is read; else a problem."""
        if length > self.limit:
            raise Problem(
                "too-large", f"the body has {length:,} bytes; the limit is {self.limit:,}"
            )
        self._make_room(length)

    def add(self, size: int) -> None:
        """Count bytes that were received and are kept."""
        self._size += size
        if self._size > self.limit:
            raise Problem("too-large", f"the body has more than {self.limit:,} bytes")
        self._make_room(self._size)

    def _make_room(self, length: int) -> None:
        more = length - SMALL - self._bytes_held
        if more > 0:
            self._budget.acquire(self._caller, more)
            self._bytes_held += more


def set_body_account(scope: Scope, account: BodyAccount) -> None:
    """Let `account` count the bytes of the body that the request keeps."""
    scope[_ACCOUNT] = account


def body_account_of(request: Request) -> BodyAccount:
    """Return the account of the request; code that keeps bytes adds them to it."""
    account: BodyAccount = request.scope[_ACCOUNT]
    return account
