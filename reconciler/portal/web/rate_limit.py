"""Turns: a host that sends more requests than its share waits, so that it takes no time from others."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from reconciler.portal.rules.problems import Problem

_MOST_HOSTS: Final = 10_000


@dataclass(frozen=True, slots=True)
class Share:
    """How often a host may ask: so many times at once, then so many a second; a longer wait is refused."""

    at_once: int = 100
    a_second: float = 100.0
    longest_wait_s: float = 5.0


@dataclass(slots=True)
class Turns:
    """When each host's next turn is, by the clock that the caller reads."""

    share: Share
    _free_at: dict[str, float] = field(default_factory=dict)

    def wait_s(self, host: str, now: float) -> float:
        """How long a request of this host waits; a `rate-limited` problem when that is too long."""
        if len(self._free_at) > _MOST_HOSTS:
            self._free_at = {each: at for each, at in self._free_at.items() if at > now}
        free_at = max(self._free_at.get(host, now), now)
        wait_s = max(free_at - now - (self.share.at_once - 1) / self.share.a_second, 0.0)
        if wait_s > self.share.longest_wait_s:
            retry = {"Retry-After": str(round(self.share.longest_wait_s))}
            raise Problem("rate-limited", "too many requests from this address", headers=retry)
        self._free_at[host] = free_at + 1 / self.share.a_second
        return wait_s
