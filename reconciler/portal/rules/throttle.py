"""Throttling: windows of attempts, and delays that grow with each failure.

The functions take ages in seconds, newest first, and return the seconds left to wait, 0 for "now".
Known and unknown addresses count alike, so a refusal does not reveal whether an address exists.
"""

from __future__ import annotations

import ipaddress
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from types import MappingProxyType
from typing import Final, Self

from reconciler.portal.rules.complete_tables import require_all

FREE_FAILURES: Final = 5
FIRST_DELAY_S: Final = 30
MAX_DELAY_S: Final = 900
HOUR_S: Final = 3_600
DAY_S: Final = 86_400
RETENTION_S: Final = DAY_S
GIB: Final = 1024**3


@dataclass(frozen=True, slots=True)
class Window:
    """At most `max_amount` within `period_s` seconds."""

    max_amount: int
    period_s: int


MAILS_PER_ADDRESS: Final = Window(5, DAY_S)
MAILS_PER_HOST: Final = Window(20, HOUR_S)
FAILURES_PER_HOST: Final = Window(50, 900)
# From all hosts together, except known browsers: guessing stays hopeless.
FAILURES_PER_ADDRESS: Final = Window(100, HOUR_S)
# An IPv6 /48 may do this many times as much as a host, because it may hold many subscribers.
SITE_FACTOR: Final = 4


class Limit(StrEnum):
    """The limits of a person or customer. The texts are in the history, metrics and a flag."""

    REQUESTS = "requests"
    """Requests for translation that a contact sends."""
    MAILS = "mails"
    """Mails that a contact causes, to any recipient."""
    STAFF_MAILS = "staff-mails"
    """Mails that a staff member causes."""
    MOVES = "moves"
    """Actions by which a contact reassigns requests: hand over, reassign, remove."""
    ADDRESSES = "addresses"
    """Addresses that a contact tries to give a colleague, including taken ones."""
    CUSTOMER_GIB = "customer-gib"
    """GiB of files of one customer: of all its requests, and its people's pending uploads."""


# The default limits; flags of the server may set other numbers.
WINDOWS: Final[Mapping[Limit, Window]] = MappingProxyType(
    require_all(
        {
            Limit.REQUESTS: Window(60, HOUR_S),
            Limit.MAILS: Window(100, HOUR_S),
            Limit.STAFF_MAILS: Window(1_000, HOUR_S),
            Limit.MOVES: Window(60, HOUR_S),
            Limit.ADDRESSES: Window(20, DAY_S),
            # no window: files count as long as they exist
            Limit.CUSTOMER_GIB: Window(20, 0),
        },
        Limit,
    )
)


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits in force."""

    windows: Mapping[Limit, Window] = field(default_factory=lambda: WINDOWS)

    @classmethod
    def with_numbers(cls, numbers: Mapping[str, int]) -> Self:
        """Return the limits with some other numbers: `{"mails": 200}`."""
        return cls(
            {
                **WINDOWS,
                **{
                    Limit(name): replace(WINDOWS[Limit(name)], max_amount=number)
                    for name, number in numbers.items()
                },
            }
        )


def seconds_until_room(window: Window, ages: Sequence[float]) -> int:
    """Return the seconds until the window has room for one more."""
    return seconds_until_room_for(1, window, [(age, 1) for age in ages])


def seconds_until_room_for(
    more: int, window: Window, amounts_by_age: Iterable[tuple[float, int]]
) -> int:
    """Return the seconds until the window has room for `more`; ages are given newest first.

    An amount larger than the whole window needs an empty window; otherwise it could never happen.
    """
    within = [(age, amount) for age, amount in amounts_by_age if age < window.period_s]
    room = max(0, window.max_amount - more)
    for age, amount in within:
        room -= amount
        if room < 0:
            return math.ceil(window.period_s - age)
    return 0


def seconds_until_next_attempt(ages: Sequence[float]) -> int:
    """Return the seconds until the next attempt, after failures of these ages.

    The first five are free; then half a minute, doubled each time, up to a quarter of an hour. Each
    host waits only for its own failures, so nobody can lock out a person who logs in elsewhere.
    """
    failures = [age for age in ages if age < RETENTION_S]
    if len(failures) < FREE_FAILURES:
        return 0
    doubled = 1 << min(len(failures) - FREE_FAILURES, 10)
    delay = min(MAX_DELAY_S, FIRST_DELAY_S * doubled)
    return max(0, math.ceil(delay - failures[0]))


def network_of(host: str) -> str:
    """Return what counts as one host: an IPv4 address or an IPv6 /56."""
    return _network(host, 56)


def site_of(host: str) -> str | None:
    """Return the IPv6 /48 around a host, which one subscriber may also have; None for IPv4."""
    site = _network(host, 48)
    return site if site.endswith("/48") else None


def _network(host: str, bits: int) -> str:
    try:
        address = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return host
    if address.version == 4:
        return str(address)
    if address.ipv4_mapped is not None:
        return str(address.ipv4_mapped)
    return str(ipaddress.ip_network(f"{address.compressed}/{bits}", strict=False))
