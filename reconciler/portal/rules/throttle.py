"""How often something may be tried: windows, and delays that grow with every failure.

Ages in seconds come in, newest first; the seconds that are left to wait go out, 0 for "now". Known and
unknown addresses are counted alike, so a refusal tells nobody whether an address exists.
"""

from __future__ import annotations

import ipaddress
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

FREE_FAILURES: Final = 5
FIRST_DELAY_S: Final = 30
LONGEST_DELAY_S: Final = 900
REMEMBERED_S: Final = 86_400


@dataclass(frozen=True, slots=True)
class Window:
    """At most so many within so many seconds."""

    most: int
    within_s: int


MAILS_OF_AN_ADDRESS: Final = Window(5, 86_400)
MAILS_ASKED_BY_A_HOST: Final = Window(20, 3_600)
FAILURES_OF_A_HOST: Final = Window(50, 900)
FAILURES_OF_AN_ADDRESS: Final = Window(100, 3_600)
"""From all hosts together: guessing stays hopeless, and to lock somebody out takes many hosts that go on and on."""
READDRESSED_BY_A_MANAGER: Final = Window(20, 86_400)


def until_room(window: Window, ages: Sequence[float]) -> int:
    """Seconds until the window has room for one more."""
    recent = [age for age in ages if age < window.within_s]
    return 0 if len(recent) < window.most else math.ceil(window.within_s - recent[window.most - 1])


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
    """What counts as one host: an IPv4 address; of IPv6 the /64, for that is what one subscriber has."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host
    if address.version == 4:
        return str(address)
    return str(ipaddress.ip_network(f"{address.compressed.partition('%')[0]}/64", strict=False))
