"""Warnings and notes about files that are valid, as the plan shows them beside its own.

Problems (`model.problems`) are for people at the files; a finding knows whom it concerns.
"""

from __future__ import annotations

from dataclasses import dataclass

from reconciler.model.sentences import Sentence


@dataclass(frozen=True, slots=True)
class FileFinding:
    """A warning, or a note, about a file: its rule (ours, or a provider's own), place and subject.

    `customer`, `contact`: keys; none for `portal.yaml`.
    """

    rule: str
    path: str
    line: int
    message: Sentence
    hint: Sentence | None = None
    customer: str | None = None
    contact: str | None = None
    is_note: bool = False
