"""Sentences of requests, quotes, files and statistics."""

from __future__ import annotations

from typing import Final

WORDS: Final[dict[str, tuple[str, str, str]]] = {}
