"""How many random examples a property test takes: a third in `make test`, twenty times as many in `make soak`."""

from __future__ import annotations

import os

SOAK = int(os.environ.get("SOAK", "0"))


def examples(number: int) -> int:
    """The number of examples in this run."""
    return number * SOAK if SOAK else max(number // 3, 8)
