"""Hints that list names, and problems lowered to warnings: shared by rules across files."""

from __future__ import annotations

import difflib
from dataclasses import replace
from functools import lru_cache
from typing import Final

from reconciler.model.problems import Problem, Severity

# A hint lists so many names and counts the rest.
MAX_NAMES: Final = 20


def as_warning(problem: Problem) -> Problem:
    """Return the problem as a warning."""
    return replace(problem, severity=Severity.WARNING)


@lru_cache(maxsize=1024)
def name_hint(word: str, names: tuple[str, ...], lead: str, empty_text: str) -> str:
    """Return the closest known name, else a few of them. Cached, because one typo repeats."""
    near = difflib.get_close_matches(word, names, 1, 0.6)
    if near:
        return f"did you mean '{near[0]}'?"
    more = f" and {len(names) - MAX_NAMES} more" if len(names) > MAX_NAMES else ""
    return f"{lead} {', '.join(names[:MAX_NAMES]) or empty_text}{more}"
