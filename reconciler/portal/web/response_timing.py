"""Answers whose time tells nothing: they leave at the next tick of a clock, however little there was to do.

The same work is done for known and for unknown addresses, but a mail for somebody is a row more; on a quiet
line that could be heard.
"""

from __future__ import annotations

import functools
import time
from collections.abc import Callable
from typing import Final, ParamSpec, TypeVar

TICK_S: Final = 0.05
Said = ParamSpec("Said")
Result = TypeVar("Result")


def evenly(act: Callable[Said, Result]) -> Callable[Said, Result]:
    """The same act, whose end, good or bad, comes at the next tick after its beginning."""

    @functools.wraps(act)
    def even(*args: Said.args, **more: Said.kwargs) -> Result:
        began = time.monotonic()
        try:
            return act(*args, **more)
        finally:
            time.sleep(TICK_S - (time.monotonic() - began) % TICK_S)

    return even
