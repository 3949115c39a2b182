"""Formatting of numbers, names and values in reports.

`escape` is the only way for data to enter a line of text: safe, direction-isolated, of bounded
length.
"""

from __future__ import annotations

import unicodedata
from typing import Final

from reconciler.model.values import Value
from reconciler.reports.escaping import escape_invisible

# The maximum columns of one value; a longer value is truncated with a note.
LONGEST: Final = 300

# The maximum columns of one sentence of a plan: it may list every open request of a
# customer.
LONGEST_SENTENCE: Final = 20_000

_FIRST_STRONG_ISOLATE: Final = "\u2068"
_POP_ISOLATE: Final = "\u2069"
_RIGHT_TO_LEFT: Final = frozenset({"R", "AL", "AN"})


def count_noun(number: int, singular: str, plural: str | None = None) -> str:
    """Return `1 mail`, `2 mails`; `plural` is needed where it is not the singular with an s."""
    return f"{number:,} {singular if number == 1 else plural or singular + 's'}"


def escape(text: str, longest: int = LONGEST) -> str:
    """Return data as it may appear in a line: control characters escaped, truncated when too long.

    Right-to-left text is isolated, so that the rest of the line keeps its order. CI systems
    interpret `##` anywhere in a line and `::` at its start: both are broken up.
    """
    safe = escape_invisible(text).replace("##", "#\\u{23}")
    if safe.lstrip().startswith("::"):
        safe = safe.replace(":", "\\u{3a}", 1)
    return isolate_direction(truncate(safe, longest))


def escape_sentence(sentence: str) -> str:
    """Return a sentence of the planner that may quote data: as `escape`, but complete."""
    return escape(sentence, LONGEST_SENTENCE)


def format_value(value: Value) -> str:
    """Return a field's value as text."""
    match value:
        case None | ():
            return "(none)"
        case True:
            return "yes"
        case False:
            return "no"
        case int():
            return str(value)
        case str():
            return escape(value)
        case _:
            return ", ".join(escape(item) for item in value)


def isolate_direction(text: str) -> str:
    """Return the text between FSI and PDI if it contains right-to-left letters, else unchanged."""
    if any(unicodedata.bidirectional(char) in _RIGHT_TO_LEFT for char in text):
        return f"{_FIRST_STRONG_ISOLATE}{text}{_POP_ISOLATE}"
    return text


def width(text: str) -> int:
    """Return the number of terminal columns of the text: wide letters two, combining marks none."""
    return sum(_columns(char) for char in text)


def truncate(text: str, columns: int) -> str:
    """Return the text, or its beginning with a note on its length."""
    if len(text) <= columns // 2 or width(text) <= columns:
        return text
    note = f"… ({len(text):,} characters)"
    characters, used_columns = [], 0
    for char in text:
        used_columns += _columns(char)
        if used_columns > columns - len(note):
            break
        characters.append(char)
    return "".join(characters) + note


def _columns(char: str) -> int:
    if unicodedata.combining(char) or unicodedata.category(char) in {"Mn", "Me", "Cf"}:
        return 0
    return 2 if unicodedata.east_asian_width(char) in {"W", "F"} else 1
