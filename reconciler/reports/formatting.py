"""Formatting of numbers, names and values in reports.

`escape` is the only way for data to enter a line of text: safe, direction-isolated, of bounded
length. `wording.Wording.text` applies it to every argument of a sentence.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from typing import Final

from reconciler.model.sentences import Argument, Listing, Sentence, sentence
from reconciler.model.values import FieldChange, Value
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

    Right-to-left text is isolated, so that the rest of the line keeps its order.
    """
    return isolate_direction(truncate(break_commands(escape_invisible(text)), longest))


def escape_sentence(text: str) -> str:
    """Return data that must stay complete, such as a line to copy: as `escape`, hardly cut."""
    return escape(text, LONGEST_SENTENCE)


def break_commands(line: str) -> str:
    """Return the line without the marks that CI systems interpret.

    These are `##` anywhere in a line, and `::` at its start.
    """
    safe = line.replace("##", "#\\u{23}")
    if safe.lstrip().startswith("::"):
        safe = safe.replace(":", "\\u{3a}", 1)
    return safe


def shorten(text: str) -> str:
    """Return data for a sentence, cut to the columns of one value; `escape` still follows."""
    # Escaped before it is measured, because an escape is wider than its character.
    return truncate(escape_invisible(text), LONGEST)


def format_value(value: Value, show: Callable[[str], str] = shorten) -> Argument:
    """Return a field's value as a part of a sentence; `show`: how to show a text in it."""
    match value:
        case None | ():
            return _NONE
        case True:
            return _YES
        case False:
            return _NO
        case int():
            return str(value)
        case str():
            return show(value)
        case _:
            return Listing(tuple(map(show, value)))


_NONE: Final = sentence("value", "(none)")
_YES: Final = sentence("value", "yes")
_NO: Final = sentence("value", "no")


def format_move(field: FieldChange) -> Argument:
    """Return the field's move: before → after; for a set the added (+) and removed (−) entries.

    New values are whole: they are what a reviewer agrees to.
    """
    if isinstance(field.before, tuple) and isinstance(field.after, tuple):
        before, after = set(field.before), set(field.after)
        added_items = [f"+{item}" for item in sorted(after - before)]
        removed_items = [f"−{shorten(item)}" for item in sorted(before - after)]
        items = (*added_items, *removed_items)
        return Listing(items) if items else _NONE
    if field.before is None:
        return format_value(field.after, str)
    return arrow(format_value(field.before), format_value(field.after, str))


def arrow(before: Argument, after: Argument) -> Sentence:
    """Return both values with an arrow between them, in the direction of reading."""
    return sentence("value", "{before} → {after}", before=before, after=after)


def isolate_direction(text: str) -> str:
    """Return the text between FSI and PDI if it contains right-to-left letters, else unchanged."""
    if any(unicodedata.bidirectional(char) in _RIGHT_TO_LEFT for char in text):
        return isolate(text)
    return text


def isolate(text: str) -> str:
    """Return the text between FSI and PDI: its direction and that of its surroundings differ."""
    return f"{_FIRST_STRONG_ISOLATE}{text}{_POP_ISOLATE}"


def width(text: str) -> int:
    """Return the number of terminal columns of the text: wide letters two, combining marks none."""
    return sum(_columns(char) for char in text)


def truncate(text: str, columns: int) -> str:
    """Return the text, or its beginning with a note on its length."""
    # A character has at most two columns, so a short text needs no measuring.
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
