"""Nouns that agree with their number, in the English details of problems and reports."""

from __future__ import annotations


def count_noun(number: int, singular: str) -> str:
    """Return `1 request`, `2 requests`."""
    return f"{number:,} {singular}{'' if number == 1 else 's'}"
