"""The likeness of two keys: for "did you mean …?", and for keys that may stand for each other."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

# The likeness from which a name is offered instead of an unknown one (0 to 1).
_ALIKE = 0.6


def closest(word: str, names: Iterable[str]) -> str | None:
    """Return the name that is most like the word; None if none is alike."""
    near = difflib.get_close_matches(word, sorted(set(names)), 1, _ALIKE)
    return near[0] if near else None


def within_edits(first: str, second: str, most: int) -> bool:
    """Return whether at most so many letters must be added, removed or replaced to turn one text
    into the other.
    """
    # A text that is longer by more letters needs no comparison; most pairs end here.
    if abs(len(first) - len(second)) > most:
        return False
    # The rows of Levenshtein's table: the edits from each beginning of `first` to each of `second`.
    row = list(range(len(second) + 1))
    for number, letter in enumerate(first, 1):
        above, row = row, [number]
        for column, second_letter in enumerate(second, 1):
            replaced = above[column - 1] + (letter != second_letter)
            row.append(min(replaced, above[column] + 1, row[column - 1] + 1))
        if min(row) > most:
            return False
    return row[-1] <= most
