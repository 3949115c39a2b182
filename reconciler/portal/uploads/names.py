"""File names made safe to store, show and download."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

# Characters of a name that are kept; the extension survives.
MAX_LENGTH: Final = 120

_RESERVED: Final = re.compile(r"(?i)^(con|prn|aux|nul|com[0-9]|lpt[0-9])(\..*)?$")
_FORBIDDEN: Final = frozenset('<>:"|?*\\/')


def neutral_name(text: str) -> str:
    """Return the last path component without anything that a system or header could act on.

    Folders, control and direction characters, and characters that Windows forbids are removed; a
    name that would be hidden, reserved or empty gets a harmless prefix. Letters of any script stay.
    """
    # Windows forbids quotation marks; an apostrophe keeps `5" pipe` apart from `5 pipe`
    last = unicodedata.normalize("NFC", text.replace('"', "'"))
    last = last.replace("\\", "/").rsplit("/", 1)[-1]
    harmless = "".join(
        c
        for c in last
        if (c not in _FORBIDDEN and unicodedata.category(c)[0] not in "CZ") or c == " "
    )
    name = " ".join(harmless.split()).strip(". ")
    if not name:
        return "file"
    return _shortened(f"_{name}" if _RESERVED.match(name) else name)


def _shortened(name: str) -> str:
    if len(name) <= MAX_LENGTH:
        return name
    stem, dot, ending = name.rpartition(".")
    if not dot or len(ending) > 10:
        return name[:MAX_LENGTH]
    return f"{stem[: MAX_LENGTH - len(ending) - 1]}.{ending}"


def distinct_names(names: list[str]) -> list[str]:
    """Return the names made unique: a second `a.txt` becomes `a (2).txt`; case is ignored."""
    used_names: set[str] = set()
    result = []
    for name in names:
        candidate, number = name, 1
        while candidate.casefold() in used_names:
            number += 1
            stem, dot, ending = name.rpartition(".")
            candidate = f"{stem} ({number}).{ending}" if dot else f"{name} ({number})"
        used_names.add(candidate.casefold())
        result.append(candidate)
    return result
