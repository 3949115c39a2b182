"""Search forms: without case, accents and marks, matched by every typed word.

The search form is stored beside names and addresses, so a search works alike on every database.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from typing import Any, Final

# Letters that Unicode does not decompose, as people without such a key type them.
_LETTERS: Final = str.maketrans(
    {
        "ł": "l",
        "ø": "o",
        "đ": "d",
        "ð": "d",
        "ħ": "h",
        "ı": "i",
        "æ": "ae",
        "œ": "oe",
        "þ": "th",
    }
)
_SEARCH_FIELDS: Final[Mapping[str, tuple[str, ...]]] = {
    "customer": ("name",),
    "contact": ("name", "email"),
}


def search_form(*texts: str) -> str:
    """Return the texts as one line of words: case folded, without marks."""
    apart = unicodedata.normalize(
        "NFKD", unicodedata.normalize("NFKD", " ".join(texts)).casefold()
    )
    plain = "".join(
        letter for letter in apart if not unicodedata.combining(letter)
    ).translate(_LETTERS)
    return " ".join(
        "".join(letter if letter.isprintable() else " " for letter in plain).split()
    )


def row_search_form(kind: str, values: Mapping[str, Any]) -> str | None:
    """Return the search form of a row; None for kinds without search."""
    return (
        search_form(*(values[name] for name in _SEARCH_FIELDS[kind]))
        if kind in _SEARCH_FIELDS
        else None
    )
