"""Text from files, the portal or git, made safe before it is shown.

Every report passes data through this module. A character that could move a cursor, hide a line,
change the reading direction or be invisible is shown as an escape such as `\\u{202e}`.
"""

from __future__ import annotations

import unicodedata
from typing import Final

_INVISIBLE_CATEGORIES: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
# Letters, marks and symbols that are invisible on a screen (Unicode's Default_Ignorable,
# Braille blank).
_BLANK: Final = frozenset(
    chr(code)
    for first, last in (
        (0x034F, 0x034F),
        (0x115F, 0x1160),
        (0x17B4, 0x17B5),
        (0x180B, 0x180F),
        (0x2800, 0x2800),
        (0x3164, 0x3164),
        (0xFE00, 0xFE0F),
        (0xFFA0, 0xFFA0),
        (0xE0100, 0xE01EF),
    )
    for code in range(first, last + 1)
)


def escape_invisible(text: str) -> str:
    """Return the text with every control, format, private, unassigned, blank and line-breaking
    character escaped.
    """
    # Nearly every text: looking up each character's category would slow down a large plan.
    if text.isascii() and text.isprintable():
        return text
    return "".join(
        _escape_character(char) if _is_invisible(char) else char for char in text
    )


def _is_invisible(char: str) -> bool:
    return unicodedata.category(char) in _INVISIBLE_CATEGORIES or char in _BLANK


def _escape_character(char: str) -> str:
    return f"\\u{{{ord(char):x}}}"
