"""Inert text: a mail quotes what people typed, and no mail program makes a link of it.

Mail programs look for dots, colons and at signs between characters without a space. A zero-width
non-joiner on both sides of each breaks every address that could be recognised there. It is
invisible, and if a program copies it nevertheless, no browser accepts it in the name of a host
(UTS 46, CheckJoiners).
"""

from __future__ import annotations

import re
from typing import Final

BREAK: Final = "\u200c"
# Dot, colon and at sign, and the characters that browsers or mail programs read as one of them.
SIGNS: Final = ".:@\u2024\u3002\ufe52\ufe55\ufe6b\uff0e\uff1a\uff20\uff61"
_SIGN: Final = re.compile(rf"(?<=\S)[{re.escape(SIGNS)}](?=\S)")


def inert(text: str) -> str:
    """Return the text so that it looks the same and no program recognises an address in it."""
    return _SIGN.sub(rf"{BREAK}\g<0>{BREAK}", text)
