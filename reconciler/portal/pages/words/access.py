"""Sentences of signing up, logging in, and one's own account."""

from __future__ import annotations

from typing import Final

WORDS: Final[dict[str, tuple[str, str, str]]] = {}
