"""How things are looked for: without case, accents and marks, by every word that was typed.

The database compares the forms that stand beside names and addresses; so a search is the same on
every database, whatever letters its own functions know.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from typing import Any, Final

_PLAIN: Final = str.maketrans({
    "ł": "l", "ø": "o", "đ": "d", "ð": "d", "ħ": "h", "ı": "i", "æ": "ae", "œ": "oe", "þ": "th",
})  # fmt: skip
"""Letters that Unicode does not take apart, as people type them who have no such key."""
_BY: Final[Mapping[str, tuple[str, ...]]] = {"customer": ("name",), "contact": ("name", "email")}


def search_form(*texts: str) -> str:
    """The texts as one line of words: case folded, taken apart, without marks and without what cannot be seen."""
    apart = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", " ".join(texts)).casefold())
    plain = "".join(letter for letter in apart if not unicodedata.combining(letter)).translate(_PLAIN)
    return " ".join("".join(letter if letter.isprintable() else " " for letter in plain).split())


def sought_by(kind: str, values: Mapping[str, Any]) -> str | None:
    """By what a row of this kind is found; None for kinds that nobody looks for."""
    return search_form(*(values[name] for name in _BY[kind])) if kind in _BY else None
