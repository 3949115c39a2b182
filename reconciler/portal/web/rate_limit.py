"""The rate limit: a host that sends too many requests waits, so that others are not slowed down."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from reconciler.portal.rules.problems import Problem

_MAX_HOSTS: Final = 10_000


@dataclass(frozen=True, slots=True)
class RateLimit:
    """A burst, then so many requests per second; a request that would wait longer is refused."""

    burst: int = 100
    per_second: float = 100.0
    max_wait_s: float = 5.0
    body_bytes: int = 16 * 1024
    """The bytes of a typed body that count as one more request."""


@dataclass(slots=True)
class RateLimiter:
    """The time of each host's next free slot, on the caller's clock."""

    limit: RateLimit
    _free_at: dict[str, float] = field(default_factory=dict)

    def wait_s(self, host: str, now: float) -> float:
        """Return how long this request waits, in seconds; else a `rate-limited` problem."""
        if len(self._free_at) > _MAX_HOSTS:
            self._free_at = {
                known_host: at for known_host, at in self._free_at.items() if at > now
            }
        free_at = max(self._free_at.get(host, now), now)
        wait_s = max(free_at - now - (self.limit.burst - 1) / self.limit.per_second, 0.0)
        if wait_s > self.limit.max_wait_s:
            retry = {"Retry-After": str(round(self.limit.max_wait_s))}
            raise Problem(
                "rate-limited", "too many requests from this address", headers=retry
            )
        self._free_at[host] = free_at + 1 / self.limit.per_second
        return wait_s

    def charge(self, host: str, now: float, received_bytes: int) -> None:
        """Count the bytes of a request's body, so that the host's next requests wait longer.

        One body never makes the next request wait so long that it is refused.
        """
        limit = self.limit
        latest = now + limit.max_wait_s + (limit.burst - 1) / limit.per_second
        free_at = max(self._free_at.get(host, now), now)
        debt_s = received_bytes / limit.body_bytes / limit.per_second
        self._free_at[host] = max(free_at, min(free_at + debt_s, latest))
