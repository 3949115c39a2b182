"""The state of the word count of a file."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

File = Mapping[str, Any]


class CountState(StrEnum):
    """The states of a count; `uncounted`: a person has to count."""

    COUNTING = "counting"
    COUNTED = "counted"
    UNCOUNTED = "uncounted"


def count_state(file: File) -> CountState:
    """Return whether the words of the file are being counted, known, or left to a person."""
    if file["count_at"] is not None:
        return CountState.COUNTING
    return CountState.UNCOUNTED if file["words"] is None else CountState.COUNTED


def is_counting(file: File) -> bool:
    """Return whether the words of the file are still being counted."""
    return count_state(file) is CountState.COUNTING
