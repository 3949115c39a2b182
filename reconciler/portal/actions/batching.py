"""Work on many rows in turns: so many a transaction, so that nobody waits until all of it is done."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

AT_ONCE: Final = 500
"""Rows a transaction."""


def in_turns(turn: Callable[[], int]) -> int:
    """Do it again until it had fewer than `AT_ONCE` rows to do; how many rows there were in all."""
    total = done = turn()
    while done == AT_ONCE:
        done = turn()
        total += done
    return total
