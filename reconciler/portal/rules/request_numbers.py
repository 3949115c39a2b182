"""The numbers of requests that people quote: short, unique, and the same for ever.

They are random: consecutive numbers would tell a customer how much other customers send.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from itertools import count
from typing import Final

_DIGITS: Final = 6
# The largest number of the column, which a database stores in 32 bits.
MAX_NUMBER: Final = 2**31 - 1
# After so many taken numbers in a row, a number gets one more digit.
_TRIES: Final = 8


def draw_number(
    is_taken: Callable[[int], bool], random: Callable[[int], int] = secrets.randbelow
) -> int:
    """Return a number that no request has; `random(n)` returns a number below n."""
    for digits in count(_DIGITS):
        first = int(10 ** (digits - 1))
        for _ in range(_TRIES):
            number = first + random(9 * first)
            if not is_taken(number):
                return number
    raise AssertionError("numbers do not end")


def number_in(text: str) -> int | None:
    """Return the number that a search such as `#482 193` means; None if it is other text."""
    digits = text.strip().removeprefix("#").replace(" ", "").replace("\u00a0", "")
    is_number = digits.isdecimal() and _DIGITS <= len(digits) <= len(str(MAX_NUMBER))
    return int(digits) if is_number and int(digits) <= MAX_NUMBER else None
