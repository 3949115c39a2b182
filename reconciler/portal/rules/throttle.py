"""How often something may be tried or caused: windows, and delays that grow with every failure.

Ages in seconds come in, newest first; the seconds that are left to wait go out, 0 for "now". Known and
unknown addresses are counted alike, so a refusal tells nobody whether an address exists.
"""

from __future__ import annotations

import ipaddress
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from types import MappingProxyType
from typing import Final, Self

from reconciler.portal.rules.complete_tables import covering

FREE_FAILURES: Final = 5
FIRST_DELAY_S: Final = 30
LONGEST_DELAY_S: Final = 900
HOUR_S: Final = 3_600
DAY_S: Final = 86_400
REMEMBERED_S: Final = DAY_S
GIB: Final = 1024**3


@dataclass(frozen=True, slots=True)
class Window:
    """At most so many within so many seconds."""

    most: int
    within_s: int


MAILS_OF_AN_ADDRESS: Final = Window(5, DAY_S)
MAILS_ASKED_BY_A_HOST: Final = Window(20, HOUR_S)
FAILURES_OF_A_HOST: Final = Window(50, 900)
FAILURES_OF_AN_ADDRESS: Final = Window(100, HOUR_S)
"""From all hosts together, without known browsers: guessing stays hopeless."""
OF_A_SITE: Final = 4
"""How many times as much as a host an IPv6 /48 may do, because it may hold many subscribers."""


class Limit(StrEnum):
    """What one person or one customer may cause. The texts are in the history, in figures and in a flag."""

    REQUESTS = "requests"
    """Requests for translation that a contact sends."""
    MAILS = "mails"
    """Mails that a contact causes, to whomever."""
    STAFF_MAILS = "staff-mails"
    """Mails that one of the provider's people causes."""
    MOVES = "moves"
    """Acts by which a contact gives requests to another owner: hand-overs, reassignments, removals."""
    ADDRESSES = "addresses"
    """Addresses that a contact tries to give a colleague, also those that turn out to be taken."""
    CUSTOMER_GIB = "customer-gib"
    """GiB of files of one customer: of all its requests, and of its people's uploads that wait for a request."""


WINDOWS: Final[Mapping[Limit, Window]] = MappingProxyType(covering({
    Limit.REQUESTS: Window(60, HOUR_S),
    Limit.MAILS: Window(100, HOUR_S),
    Limit.STAFF_MAILS: Window(1_000, HOUR_S),
    Limit.MOVES: Window(60, HOUR_S),
    Limit.ADDRESSES: Window(20, DAY_S),
    Limit.CUSTOMER_GIB: Window(20, 0),  # no window: files count as long as they are there
}, Limit))  # fmt: skip
"""The one table of what a person or a customer may cause, unless the server is started with other numbers."""


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits that are in force."""

    windows: Mapping[Limit, Window] = field(default_factory=lambda: WINDOWS)

    @classmethod
    def with_numbers(cls, numbers: Mapping[str, int]) -> Self:
        """The limits, some of them with another number: `{"mails": 200}`."""
        return cls(
            {**WINDOWS, **{Limit(name): replace(WINDOWS[Limit(name)], most=most) for name, most in numbers.items()}}
        )


def until_room(window: Window, ages: Sequence[float]) -> int:
    """Seconds until the window has room for one more."""
    return until_room_for(1, window, [(age, 1) for age in ages])


def until_room_for(more: int, window: Window, counted: Iterable[tuple[float, int]]) -> int:
    """Seconds until the window has room for `more`, after so many at each of these ages, newest first.

    An amount above the whole window waits for an empty window; otherwise it could never happen.
    """
    within = [(age, amount) for age, amount in counted if age < window.within_s]
    room = max(0, window.most - more)
    for age, amount in within:
        room -= amount
        if room < 0:
            return math.ceil(window.within_s - age)
    return 0


def until_next_try(ages: Sequence[float]) -> int:
    """Seconds until an address may be tried again from a host, after failures there of these ages.

    The first five cost nothing; then half a minute, twice as long each time, a quarter of an hour at most. Each
    host waits for its own failures only, so nobody can lock out somebody who logs in elsewhere.
    """
    failures = [age for age in ages if age < REMEMBERED_S]
    if len(failures) < FREE_FAILURES:
        return 0
    doubled = 1 << min(len(failures) - FREE_FAILURES, 10)
    delay = min(LONGEST_DELAY_S, FIRST_DELAY_S * doubled)
    return max(0, math.ceil(delay - failures[0]))


def network_of(host: str) -> str:
    """What counts as one host: an IPv4 address; of IPv6 the /56, for that is what one subscriber may have."""
    return _network(host, 56)


def site_of(host: str) -> str | None:
    """The IPv6 /48 around a host, which one subscriber may have as well; None for IPv4."""
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
