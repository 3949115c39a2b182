"""Responses whose duration reveals nothing: they end at the next tick of a clock.

Known and unknown addresses cause the same work, but a mail to a person is one more row, which could
be measured on a quiet line.
"""

from __future__ import annotations

import functools
import time
from collections.abc import Callable
from typing import Final, ParamSpec, TypeVar

TICK_S: Final = 0.05
Params = ParamSpec("Params")
Result = TypeVar("Result")


def hide_timing(handler: Callable[Params, Result]) -> Callable[Params, Result]:
    """Wrap a handler so that it returns or raises only at the next tick after its start."""

    @functools.wraps(handler)
    def wait_for_tick(*args: Params.args, **kwargs: Params.kwargs) -> Result:
        started = time.monotonic()
        try:
            return handler(*args, **kwargs)
        finally:
            time.sleep(TICK_S - (time.monotonic() - started) % TICK_S)

    return wait_for_tick
