"""Text from files, the portal or git, made harmless before it is shown.

Every report passes data through here. Nothing that could move a cursor, hide a line, turn the
reading direction or vanish from sight is shown as it came: it is spelled out as `\\u{202e}`.
"""

from __future__ import annotations

import unicodedata
from typing import Final

_UNSEEN: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


def neutral(text: str) -> str:
    """The text with every control, format, private, unassigned and line-breaking character spelled out."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(_spelled(char) if unicodedata.category(char) in _UNSEEN else char for char in text)


def _spelled(char: str) -> str:
    return f"\\u{{{ord(char):x}}}"
