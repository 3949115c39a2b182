"""Patterns of a provider's own rules, in RE2's syntax. The only module that imports the engine.

RE2 matches in time linear in the text, so no pattern from a repository can hang a run. The time
still grows with the pattern: `cost` estimates it, in steps of about ten microseconds.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

import re2

# The maximum number of characters of a pattern.
MAX_LENGTH: Final = 1_000
# The maximum number of instructions of a compiled pattern.
MAX_INSTRUCTIONS: Final = 2_000
_MEMORY: Final = 1 << 20
# The characters after which the engine has seen most of its states: building one costs ten
# matches.
_FIRST: Final = 100


class PatternRefused(Exception):
    """The engine does not accept the pattern; the text says why."""


@dataclass(frozen=True, slots=True)
class Pattern:
    """A compiled pattern."""

    engine: Any
    instructions: int

    def matches(self, text: str) -> bool:
        """Return whether the pattern matches anywhere in the text."""
        return self.engine.search(text) is not None

    def cost(self, text: str) -> int:
        """Return an upper bound of the time that a search takes, in steps."""
        length = len(text)
        return self.instructions * (10 * min(length, _FIRST) + length) // 500


@lru_cache(maxsize=1024)
def compile_pattern(pattern: str) -> Pattern:
    """Return the pattern, ready to match. Raises PatternRefused."""
    if len(pattern) > MAX_LENGTH:
        raise PatternRefused(f"{len(pattern)} characters; the limit is {MAX_LENGTH}")
    options = re2.Options()
    options.never_capture = True  # groups prevent the engine's fastest strategy
    options.log_errors = False
    options.max_mem = _MEMORY
    try:
        engine = re2.compile(pattern, options)
    except re2.error as error:
        raise PatternRefused(_reason(error)) from None
    if engine.programsize > MAX_INSTRUCTIONS:
        raise PatternRefused("it is too large")
    return Pattern(engine, engine.programsize)


def _reason(error: Exception) -> str:
    """Return the engine's reason, such as `missing ): (a`, in the words of our messages."""
    detail = error.args[0]
    text = detail.decode("utf-8", "replace") if isinstance(detail, bytes) else str(detail)
    reason, _, part = text.replace("invalid", "unknown", 1).partition(": ")
    return f"{reason}: '{part[:40]}'" if part else reason
