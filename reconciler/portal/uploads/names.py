"""File names as people send them, made harmless to keep, show and download."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

LONGEST: Final = 120
"""Characters of a name that are kept; the ending survives."""

_RESERVED: Final = re.compile(r"(?i)^(con|prn|aux|nul|com[0-9]|lpt[0-9])(\..*)?$")
_FORBIDDEN: Final = frozenset('<>:"|?*\\/')


def neutral_name(sent: str) -> str:
    """The last part of what was sent, without anything that a system or a header could act on.

    Folders, control and direction characters, and what Windows forbids are gone; a name that would
    be hidden, reserved or empty gets a harmless beginning. Letters of any script stay.
    """
    last = unicodedata.normalize("NFC", sent).replace("\\", "/").rsplit("/", 1)[-1]
    kept = "".join(c for c in last if (c not in _FORBIDDEN and unicodedata.category(c)[0] not in "CZ") or c == " ")
    name = " ".join(kept.split()).strip(". ")
    if not name:
        return "file"
    return _shortened(f"_{name}" if _RESERVED.match(name) else name)


def _shortened(name: str) -> str:
    if len(name) <= LONGEST:
        return name
    stem, dot, ending = name.rpartition(".")
    if not dot or len(ending) > 10:
        return name[:LONGEST]
    return f"{stem[: LONGEST - len(ending) - 1]}.{ending}"


def distinct(names: list[str]) -> list[str]:
    """The names, each once: a second `a.txt` becomes `a (2).txt`; compared without case."""
    taken: set[str] = set()
    result = []
    for name in names:
        candidate, number = name, 1
        while candidate.casefold() in taken:
            number += 1
            stem, dot, ending = name.rpartition(".")
            candidate = f"{stem} ({number}).{ending}" if dot else f"{name} ({number})"
        taken.add(candidate.casefold())
        result.append(candidate)
    return result
