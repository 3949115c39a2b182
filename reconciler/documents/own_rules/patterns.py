"""Patterns of a provider's own rules, in RE2's syntax: the only door to the engine.

RE2 matches in time linear in the text, so no pattern that a repository brings can hang a run. What
it costs still grows with the pattern: `cost` says how much, in steps of about ten microseconds.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

import re2

LONGEST: Final = 1_000
"""Characters of a pattern."""
MOST_INSTRUCTIONS: Final = 2_000
"""Instructions of a compiled pattern."""
_MEMORY: Final = 1 << 20
_FIRST: Final = 100
"""Characters after which the engine has met most of its states: building one costs ten matches."""


class PatternRefused(Exception):
    """The engine does not accept the pattern; the text says why."""


@dataclass(frozen=True, slots=True)
class Pattern:
    """One compiled pattern."""

    engine: Any
    instructions: int

    def found_in(self, text: str) -> bool:
        """Whether the pattern matches anywhere in the text."""
        return self.engine.search(text) is not None

    def cost(self, text: str) -> int:
        """An upper bound of the time that a search takes, in steps."""
        length = len(text)
        return self.instructions * (10 * min(length, _FIRST) + length) // 500


@lru_cache(maxsize=1024)
def compiled(pattern: str) -> Pattern:
    """The pattern, ready to match. Raises PatternRefused."""
    if len(pattern) > LONGEST:
        raise PatternRefused(f"{len(pattern)} characters; the limit is {LONGEST}")
    options = re2.Options()
    options.never_capture = True  # groups would rule out the fastest of the engine's ways
    options.log_errors = False
    options.max_mem = _MEMORY
    try:
        engine = re2.compile(pattern, options)
    except re2.error as error:
        raise PatternRefused(_reason(error)) from None
    if engine.programsize > MOST_INSTRUCTIONS:
        raise PatternRefused("it is too large")
    return Pattern(engine, engine.programsize)


def _reason(error: Exception) -> str:
    """The engine's reason, as `missing ): (a` says it, in the words of our messages."""
    said = error.args[0]
    text = said.decode("utf-8", "replace") if isinstance(said, bytes) else str(said)
    reason, _, part = text.replace("invalid", "unknown", 1).partition(": ")
    return f"{reason}: '{part[:40]}'" if part else reason
