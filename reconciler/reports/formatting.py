"""Numbers, names and values in the words of a report.

`told` is the one way by which data enters a line of text: harmless, isolated, of bounded length.
"""

from __future__ import annotations

import unicodedata
from typing import Final

from reconciler.model.values import Value
from reconciler.reports.escaping import neutral

LONGEST: Final = 300
"""Columns of one value; what is longer is cut and says so."""

LONGEST_SENTENCE: Final = 20_000
"""Columns of one sentence of a plan: it may list every open request of a customer."""

_FIRST_STRONG_ISOLATE: Final = "\u2068"
_POP_ISOLATE: Final = "\u2069"
_RIGHT_TO_LEFT: Final = frozenset({"R", "AL", "AN"})


def counted(number: int, one: str, many: str | None = None) -> str:
    """`1 mail`, `2 mails`; the plural is given where it is not the singular with an s."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def told(text: str, longest: int = LONGEST) -> str:
    """Data as it may stand in a line: control characters spelled out, cut when too long, and
    isolated when it is written from right to left, so that the rest of the line stays in order.

    CI systems obey `##` anywhere in a line and `::` at its start: both are broken up.
    """
    safe = neutral(text).replace("##", "#\\u{23}")
    if safe.lstrip().startswith("::"):
        safe = safe.replace(":", "\\u{3a}", 1)
    return isolated(clipped(safe, longest))


def said(sentence: str) -> str:
    """A sentence that planning made and data may stand in: as `told`, but whole."""
    return told(sentence, LONGEST_SENTENCE)


def told_value(value: Value) -> str:
    """A field's value in words."""
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
            return told(value)
        case _:
            return ", ".join(told(item) for item in value)


def isolated(text: str) -> str:
    """The text between FSI and PDI when a letter in it runs from right to left, else as it is."""
    if any(unicodedata.bidirectional(char) in _RIGHT_TO_LEFT for char in text):
        return f"{_FIRST_STRONG_ISOLATE}{text}{_POP_ISOLATE}"
    return text


def width(text: str) -> int:
    """How many columns a terminal gives the text: wide letters two, combining marks none."""
    return sum(_columns(char) for char in text)


def clipped(text: str, columns: int) -> str:
    """The text, or as much of it as fits with a word on how long it is."""
    if len(text) <= columns // 2 or width(text) <= columns:
        return text
    note = f"… ({len(text):,} characters)"
    kept, used = [], 0
    for char in text:
        used += _columns(char)
        if used > columns - len(note):
            break
        kept.append(char)
    return "".join(kept) + note


def _columns(char: str) -> int:
    if unicodedata.combining(char) or unicodedata.category(char) in {"Mn", "Me", "Cf"}:
        return 0
    return 2 if unicodedata.east_asian_width(char) in {"W", "F"} else 1
